"""A run that treats rare classes, few labels or subgroups, beside the same run without that."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from classifier.engine.errors import InvalidConfig
from classifier.engine.measure.class_differences import (
    ClassDifference,
    Difference,
    accuracy_difference,
    class_differences,
)
from classifier.engine.measure.subgroup_change import Ints, SubgroupChange, subgroup_change
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.presets.treatments import treatments_of, without_treatments
from classifier.models import EvaluationReport, ReportAnswers, TrainingRun
from datasets.models import Split
from datasets.selectors.subgroups import column_named, subgroup_values
from datasets.selectors.versions import samples_of
from jobs.models import Status

# Classes that are shown, and how many may be asked for: each takes a millisecond.
SHOWN, MOST = 50, 500


class Row(NamedTuple):
    """A class: how the two runs differ on it, and how many images both learned from."""

    figures: ClassDifference
    train_images: int


@dataclass(frozen=True)
class Comparison:
    """How two reports on the same images differ, classes with the fewest train images first.

    `hidden` classes more are not among the rows; `subgroups` is there where these are weighed.
    """

    accuracy: Difference
    rows: list[Row]
    hidden: int
    subgroups: SubgroupChange | None


@dataclass(frozen=True)
class WithAndWithout:
    """What a run treats, in words; the newest run without it; and how they compare.

    `twin` is None until there is one that has not failed; `comparison` until both have a report on
    the same test images.
    """

    run: TrainingRun
    treatments: list[str]
    twin: TrainingRun | None
    comparison: Comparison | None

    @property
    def words(self) -> str:
        """The treatments in one phrase."""
        return " and ".join(self.treatments)


def with_and_without(run: TrainingRun, most: int = SHOWN) -> WithAndWithout:
    """Return what the run treats, empty where it treats nothing, and its twin without.

    `most` bounds how many classes are compared.
    """
    config = settings_today(run)
    treatments = treatments_of(config) if config else []
    if config is None or not treatments:
        return WithAndWithout(run, [], None, None)
    twin = _twin(run, without_treatments(config))
    return WithAndWithout(run, treatments, twin, _comparison(run, twin, most) if twin else None)


def settings_today(run: TrainingRun) -> PresetConfig | None:
    """Return a run's settings as they are called today; None where they mean nothing any more."""
    return _today(run.preset, run.config)


def _today(preset: str, config: dict[str, Any]) -> PresetConfig | None:
    try:
        return checked_config(preset, PRESETS[preset].stored_config(config))
    except InvalidConfig:
        return None


def _twin(run: TrainingRun, wanted: dict[str, Any]) -> TrainingRun | None:
    """Return the newest run of these settings, one that has succeeded before others.

    Of the same organization: others may train on a dataset that is shared with them.
    """
    runs = TrainingRun.objects.filter(
        organization=run.organization_id,
        dataset_version=run.dataset_version_id,
        preset=run.preset,
        member=None,
        # Some classic methods have none.
        **({"config__seed": wanted["seed"]} if "seed" in wanted else {}),
    ).exclude(job__status__in=(Status.FAILED, Status.CANCELLED))
    found = []
    for each in runs.order_by("-created_at").values("pk", "config", "job__status"):
        config = _today(run.preset, each["config"])
        if config is not None and config.to_dict() == wanted:
            found.append(each)
    found.sort(key=lambda each: each["job__status"] != Status.SUCCEEDED)
    if not found:
        return None
    return TrainingRun.objects.select_related("job").get(pk=found[0]["pk"])


def _comparison(run: TrainingRun, twin: TrainingRun, most: int) -> Comparison | None:
    version = run.dataset_version
    one, two = _answers(run), _answers(twin)
    if one is None or two is None or one.samples_digest != two.samples_digest:
        return None
    truth = np.array([index for _, index in samples_of(version, Split.TEST)], np.int64)
    this, other = (np.frombuffer(each.predicted, "<u2").astype(np.int64) for each in (one, two))
    train, names = version.sample_counts.get("train", {}), version.class_names
    order = sorted(range(len(names)), key=lambda index: train.get(names[index], 0))[:most]
    rows = class_differences(truth, this, other, names, order)
    return Comparison(
        accuracy=accuracy_difference(truth, this, other),
        rows=[Row(row, train.get(row.class_name, 0)) for row in rows],
        hidden=len(names) - len(rows),
        subgroups=_subgroups(run, truth, this, other),
    )


def _subgroups(run: TrainingRun, truth: Ints, this: Ints, other: Ints) -> SubgroupChange | None:
    config, version = settings_today(run), run.dataset_version
    column = config.subgroup_column if config else ""
    slices = column_named(version, column) if column else None
    if slices is None:
        return None
    of = subgroup_values(version, column, slices, (Split.TEST,))
    values = [of[sample] for sample in samples_of(version, Split.TEST)]
    return subgroup_change(truth, this, other, version.class_names, column, values)


def _answers(run: TrainingRun) -> ReportAnswers | None:
    """Return what the run's version answered in the report that its own job made."""
    report = EvaluationReport.objects.filter(job=run.job_id, split=Split.TEST).first()
    return ReportAnswers.objects.filter(report=report).first() if report else None
