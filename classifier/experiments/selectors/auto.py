"""What Auto has tried so far, and what comes of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from classifier.engine.measure.auto import (
    AutoResult,
    OnTest,
    Skipped,
    Tried,
    best_of,
    in_minutes,
    result_of,
)
from classifier.engine.measure.bits import mask_of
from classifier.engine.measure.intervals import wilson
from classifier.engine.measure.learning_curve import LearningCurve
from classifier.engine.measure.next_steps import Facts, next_steps
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.experiments.selectors.left_out import left_out_of
from classifier.models import EvaluationReport, Experiment, ExperimentMember, ModelVersion
from datasets.models import Dataset, FindingKind, Split
from datasets.selectors.quality import quality_of
from datasets.selectors.versions import ordered_samples, samples_of


def figures_of(member: ExperimentMember) -> dict[str, Any] | None:
    """Return what a candidate found, or `{"skipped": why}`; None while it has not ended."""
    return member.spec.get("figures") or member.result


def candidate_members(experiment: Experiment) -> Sequence[ExperimentMember]:
    """Return the candidates that were begun or left out, with their runs, in their order."""
    members = experiment.members.select_related("run__job").order_by("number")
    return [each for each in members if "stage" in each.spec]


def tried_of(experiment: Experiment) -> list[Tried]:
    """Return the candidates that were fitted."""
    images = ordered_samples(experiment.dataset_version, Split.VALIDATION).count()
    readable = _readable(experiment)
    return [
        Tried(
            number=member.number,
            stage=member.spec["stage"],
            title=member.spec["title"],
            preset=member.spec["preset"],
            right=mask_of(found["right"], images)[readable],
            loss=found["val_loss"],
            seconds=found["seconds"],
            milliseconds=found["milliseconds_per_image"],
        )
        for member in candidate_members(experiment)
        if (found := figures_of(member)) is not None and "right" in found
    ]


def _readable(experiment: Experiment) -> npt.NDArray[np.bool_] | slice:
    """Return which validation images count: those that no candidate has left out."""
    left_out = left_out_of(experiment)
    if not left_out:
        return slice(None)
    validation = samples_of(experiment.dataset_version, Split.VALIDATION)
    return np.array([content not in left_out for content, _ in validation], bool)


def skipped_of(experiment: Experiment) -> list[Skipped]:
    """Return the candidates that gave nothing."""
    return [
        Skipped(
            number=member.number,
            stage=member.spec["stage"],
            title=member.spec["title"],
            preset=member.spec["preset"],
            reason=found["skipped"],
            for_time=bool(found.get("out_of_time")),
        )
        for member in candidate_members(experiment)
        if (found := figures_of(member)) is not None and "skipped" in found
    ]


def outcome_of(experiment: Experiment, version: ModelVersion, *, seconds: float) -> AutoResult:
    """Return the result, once the winner is registered as `version` and measured."""
    tried = tried_of(experiment)
    winner = best_of(tried)
    return result_of(
        tried,
        skipped_of(experiment),
        winner=winner,
        test=_on_test(experiment, version),
        next_steps=next_steps(_facts(experiment, winner)),
        budget=in_minutes(experiment.settings["budget_seconds"]),
        seconds=seconds,
    )


def _on_test(experiment: Experiment, version: ModelVersion) -> OnTest | None:
    reports = EvaluationReport.objects.as_it_answers().summarized()
    tested = experiment.dataset_version
    report = reports.filter(model_version=version, dataset_version=tested, split=Split.TEST).first()
    images = sum(tested.sample_counts.get("test", {}).values())
    if report is None or report.summary is None or not images:
        return None
    accuracy = report.summary.accuracy
    return OnTest(
        accuracy=accuracy, interval=wilson(round(accuracy * images), images), images=images
    )


def _facts(experiment: Experiment, winner: Tried) -> Facts:
    version = experiment.dataset_version
    member = experiment.members.get(number=winner.number)
    preset = PRESETS[winner.preset]
    config = preset.config(preset.stored_config(member.spec["config"]))
    labels = np.array([index for _, index in samples_of(version, Split.VALIDATION)], np.int64)
    labels = labels[_readable(experiment)]
    classes = len(version.class_names)
    is_transfer = isinstance(preset, TransferPreset) and isinstance(config, TransferConfig)
    values = config.to_dict()
    return Facts(
        stage=winner.stage,
        title=preset.backbone.title if isinstance(preset, TransferPreset) else preset.title,
        class_names=version.class_names,
        found=np.bincount(labels[winner.right], minlength=classes),
        asked=np.bincount(labels, minlength=classes),
        train_counts=version.sample_counts.get("train", {}),
        balanced=bool(values.get("balanced")) or values.get("balance", "none") != "none",
        curve=_advice(experiment),
        quick=not preset.needs_keras(config),
        label_errors=_label_errors(version.dataset),
        frozen=is_transfer and preset.is_frozen(config),
        weightless=[
            each.backbone.title
            for each in PRESETS.values()
            if isinstance(each, TransferPreset) and each.missing(settings.WEIGHTS_DIR)
        ],
        unfitted=[
            each.title
            for each in skipped_of(experiment)
            if each.for_time and each.stage != "search"
        ],
    )


def _advice(experiment: Experiment) -> str:
    """Return what the newest learning curve of the version says; empty where it says too little."""
    curves = Experiment.objects.filter(
        dataset_version=experiment.dataset_version, kind="learning_curve", result__isnull=False
    ).order_by("-created_at")
    found = curves.values_list("result", flat=True).first()
    curve = LearningCurve.from_json(found) if found else None
    return curve.advice if curve is not None and curve.forecast is not None else ""


def _label_errors(dataset: Dataset) -> int | None:
    quality = quality_of(dataset)
    if quality.checked_at is None:
        return None
    return sum(each.count for each in quality.findings if each.kind == FindingKind.LABEL_ERROR)
