"""A classic method from images to a fitted model: numbers, preparation, fit, figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from classifier.engine.errors import BadData
from classifier.engine.fit.alike import require_different
from classifier.engine.fit.classic.growing import Grown, Labels, grown
from classifier.engine.fit.classic.importances import importances
from classifier.engine.fit.classic.matrices import (
    MOST_LEARNED,
    Matrix,
    check_size,
    matrix_of_features,
    matrix_of_vectors,
    rows_of,
)
from classifier.engine.fit.classic.preparation import Preparation, components_of, prepare
from classifier.engine.fit.classic.trained import TrainedClassic
from classifier.engine.fit.classic.work import watched
from classifier.engine.fit.memory import PeakMemory
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.presets.classic import BACKBONE, ClassicConfig, ClassicPreset
from classifier.engine.samples import Sample, TrainingSamples, labels_of
from classifier.engine.subgroups import Weights
from classifier.engine.target import decide
from classifier.engine.validation import ValidationTally, watched_places
from classifier.engine.watch import Watch

MOST_LEAVES = 1_000_000
_FOLDS = 5
# What a probability counts as at least in a loss: a float32 cannot say less near 1.
_LEAST = 1e-7


@dataclass(frozen=True)
class ClassicJob:
    """What is to be fitted, on which images."""

    preset: ClassicPreset
    config: ClassicConfig
    samples: TrainingSamples
    class_names: list[str]
    pretrained: Pretrained


@dataclass(frozen=True)
class Method:
    """A trained method, the numbers (n, width) that it learned from, and how far it came."""

    trained: TrainedClassic
    raw: Matrix
    grown: Grown


@dataclass(frozen=True)
class FittedClassic:
    """A trained method with its figures: ``TrainingOutcome.metrics`` without times."""

    trained: TrainedClassic
    figures: dict[str, Any]
    grown: Grown


def fit_classic(job: ClassicJob, watch: Watch, folder: Path) -> FittedClassic:
    """Fit and measure; matrices are written into ``folder``.

    Raises BadData for what is too large or too few, WeightsUnavailable, Cancelled, TimeIsUp.
    """
    labels, memory = labels_of(job.samples.train), PeakMemory()
    method = fit_method(job, watch, folder)
    trained, raw = method.trained, method.raw
    memory.look()
    watch.end_time_limit()
    validation = _numbers(job, trained.backbone, "validation", folder, watch)
    watch.begin("Measuring on the train and the validation split")
    loss, accuracy = _figures(trained, raw, labels, watch)
    val_loss, val_accuracy = _validated(job, trained, validation, watch)
    weighed = job.samples.subgroups
    figures = {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "numbers": int(raw.shape[1]),
        "memory_bytes": memory.take(),
        "gpu_memory_bytes": None,
        "importances": importances(
            job.preset, trained.fitted, trained.prepared, job.config.plan, raw.shape[1]
        ),
    }
    if weighed is not None:
        digest = {"weights_sha256": job.samples.weights_digest}
        figures["reweighting"] = weighed.told(job.samples.train) | digest
    return FittedClassic(trained, figures, method.grown)


def fit_method(job: ClassicJob, watch: Watch, folder: Path) -> Method:
    """Fit on the train split, and measure nothing; otherwise as ``fit_classic``."""
    preset, config, samples = job.preset, job.config, job.samples
    labels = labels_of(samples.train)
    _check_counts(job, labels)
    backbone = _backbone(job, watch)
    raw = _numbers(job, backbone, "train", folder, watch)
    _check_width(preset, config, raw)
    require_different(rows_of(raw), "by these numbers")
    # What the library does in one go is told before it begins.
    say = watch.observer.stage
    prepared = watched(watch, lambda: prepare(raw, config, folder, say))
    fitted, how_far = _fitted(preset, config, prepared, labels, samples.weights, watch)
    trained = TrainedClassic(preset, config, prepared, fitted, backbone, job.class_names)
    return Method(trained, raw, how_far)


def _backbone(job: ClassicJob, watch: Watch) -> OpenBackbone | None:
    if job.config.input != "vectors":
        return None
    watch.begin("Loading the pretrained network")
    pretrained = job.pretrained
    return open_backbone(
        BACKBONE,
        weights_dir=pretrained.weights_dir,
        folder=pretrained.backbones_dir,
        fit=job.config.fit,
    )


def _numbers(
    job: ClassicJob, backbone: OpenBackbone | None, split: str, folder: Path, watch: Watch
) -> Matrix:
    part = job.samples.train if split == "train" else job.samples.validation
    watch.begin(f"{'Numbers' if backbone is None else 'Vectors'} of the {split} split")
    return numbers_of(job, backbone, part, folder / f"{split}.npy", watch)


def numbers_of(
    job: ClassicJob,
    backbone: OpenBackbone | None,
    part: Sequence[Sample],
    path: Path,
    watch: Watch,
) -> Matrix:
    """Return what the method sees of images (n, width), raw, in the file ``path``."""
    if backbone is not None:
        return matrix_of_vectors(backbone, part, job.pretrained, path, watch)
    return matrix_of_features(job.samples, part, job.config, path, watch)


def _check_counts(job: ClassicJob, labels: Labels) -> None:
    preset, each = job.preset, np.bincount(labels)
    if len(labels) > preset.most_images:
        raise BadData(
            f"{preset.name} learns from {preset.most_images:,} images at most: its time grows "
            f"faster than their number. The train split has {len(labels):,}.",
            "Choose another preset, or freeze a version with fewer images.",
        )
    least = preset.least_images(job.config)
    if len(labels) < least:
        raise BadData(
            f"{preset.name} needs {least:,} train images with these settings; the train split has "
            f"{len(labels):,}.",
            "Choose fewer neighbours, or freeze a version with more images.",
        )
    if preset.calibrates and 1 in each:
        alone = job.class_names[int(np.flatnonzero(each == 1)[0])]
        raise BadData(
            f"{preset.name} needs two train images of each class, to find probabilities by "
            f"cross-validation; {alone!r} has one.",
            "Add an image of that class, or choose logistic_regression.",
        )
    classes = int((each > 0).sum())
    leaves = preset.leaves(job.config, classes)
    if leaves > MOST_LEAVES:
        raise BadData(
            f"{preset.name} would have up to {leaves:,} leaves with these settings and "
            f"{classes:,} classes; a model may have {MOST_LEAVES:,}.",
            "Choose fewer rounds or leaves, or another preset.",
        )
    shares = preset.shares(job.config, classes, len(labels))
    if shares > MOST_LEARNED:
        raise BadData(
            f"{preset.name} would hold up to {shares:,} shares of classes with these settings, "
            f"{classes:,} classes and {len(labels):,} images; {MOST_LEARNED:,} fit into memory.",
            "Choose fewer trees or leaves, or another preset.",
        )


def _check_width(preset: ClassicPreset, config: ClassicConfig, raw: Matrix) -> None:
    count, width = raw.shape
    used = components_of(config, count, width) or width
    check_size(count, used, MOST_LEARNED, "learned from")
    if preset.most_stored is not None:
        check_size(count, used, preset.most_stored, f"kept by {preset.name}")


def _fitted(
    preset: ClassicPreset,
    config: ClassicConfig,
    prepared: Preparation,
    labels: Labels,
    counts: Weights | None,
    watch: Watch,
) -> tuple[Any, Grown]:
    train = np.asarray(prepared.train)
    if preset.steps is not None:
        return grown(preset, config, train, labels, watch, counts)
    least = int(np.bincount(labels)[np.unique(labels)].min())
    folds = min(_FOLDS, max(2, least))
    estimator = preset.estimator(config, folds)
    again = f", and {folds} times on parts of them to calibrate" if preset.calibrates else ""
    watch.begin(f"Fitting on {len(train):,} images of {train.shape[1]:,} numbers{again}")
    return watched(watch, lambda: preset.fitted(estimator, train, labels, counts)), Grown()


def _validated(
    job: ClassicJob, trained: TrainedClassic, numbers: Matrix, watch: Watch
) -> tuple[float | None, float | None]:
    """Return loss and accuracy on the validation split, and tell what it is answered."""
    labels = labels_of(job.samples.validation)
    places = watched_places(labels, job.config.random_seed)
    tally = ValidationTally(labels, len(job.class_names), places)
    figures = _figures(trained, numbers, labels, watch, tally)
    if len(labels):
        watch.observer.fitted(tally.answers())
    return figures


def _figures(
    trained: TrainedClassic,
    numbers: Matrix,
    labels: Labels,
    watch: Watch,
    tally: ValidationTally | None = None,
) -> tuple[float | None, float | None]:
    """Return the loss (nats) and the accuracy on labelled numbers (n, width); None of none."""
    if not len(numbers):
        return None, None
    start, losses, right = 0, 0.0, 0
    for rows in rows_of(numbers):
        answers, truth = trained.predict(rows), labels[start : start + len(rows)]
        told = answers[np.arange(len(rows)), truth]
        losses -= float(np.log(np.maximum(told, _LEAST)).sum())
        found = decide(answers)
        right += int((found == truth).sum())
        if tally is not None:
            tally.add(found, answers.max(axis=1))
        start += len(rows)
        watch.check()
    return losses / start, right / start
