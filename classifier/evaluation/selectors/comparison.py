"""Two reports on the same images side by side: what each model gets right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.class_differences import Difference, accuracy_difference
from classifier.engine.measure.paired import Paired, PairedGroup, by_group, corrected
from classifier.engine.measure.paired_words import sentence
from classifier.evaluation.errors import NotComparable
from classifier.evaluation.selectors.answers import AnswerColumns, answer_columns
from classifier.evaluation.selectors.slice_columns import SliceColumn, slice_columns
from classifier.models import EvaluationReport, ReportAnswers
from common.errors import Invalid
from datasets.models import Sample

# `otherwise` is the part of `neither` in which the two models answer different classes.
WHICH = ("only_this", "only_other", "both", "neither", "otherwise")
PAGE = 60
Bools = npt.NDArray[np.bool_]


class Answer(NamedTuple):
    """What a model said to one image."""

    class_name: str
    probability: float
    correct: bool


class ComparedAnswer(NamedTuple):
    """An image with its class as the version froze it, and what both models answer."""

    sample: Sample
    class_name: str
    this: Answer
    other: Answer


@dataclass(frozen=True)
class Wanted:
    """Which images of a comparison: a group of `WHICH`, of a true class, of a slice of a column.

    Empty: any. `value` is the slice's name where there is a `column`.
    """

    which: str = WHICH[0]
    class_name: str = ""
    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class SliceGroups:
    """The slices of one column."""

    column: str
    groups: list[PairedGroup]


@dataclass(frozen=True)
class ComparedReports:
    """Two reports with the same images, which have their places in the split's order.

    `right` has whether each model is right on them; `truth` the index of their classes among the
    dataset version's, `differs` where the two answer different classes.
    """

    this: EvaluationReport
    other: EvaluationReport
    right: tuple[Bools, Bools]
    truth: npt.NDArray[np.int64]
    differs: Bools
    columns: tuple[AnswerColumns, AnswerColumns] = field(repr=False)

    @cached_property
    def counts(self) -> Paired:
        """How many images both, one or neither gets right."""
        return Paired.of(*self.right)

    @property
    def images(self) -> int:
        """How many images both were asked about."""
        return len(self.truth)

    @property
    def numbers(self) -> dict[str, int]:
        """How many images each group of `WHICH` has."""
        return {which: int(self._group(which).sum()) for which in WHICH}

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called within a sentence: by what tells them apart."""
        this, other = self.this.model_version, self.other.model_version
        if this.pk == other.pk:
            return "this report", "the other report"
        if this.model_id == other.model_id:
            return f"version {this.number}", f"version {other.number}"
        if this.model.name == other.model.name:
            return str(this), str(other)
        return this.model.name, other.model.name

    @property
    def headings(self) -> tuple[str, str]:
        """The same where a line begins."""
        if self.this.model_version.model_id != self.other.model_version.model_id:
            return self.names
        this, other = (f"{name[:1].upper()}{name[1:]}" for name in self.names)
        return this, other

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        return sentence(self.counts, self.headings[0], self.names[1])

    @property
    def remarks(self) -> list[str]:
        """What makes the two unequal; empty where nothing does."""
        found = []
        for report, name in zip((self.this, self.other), self.headings, strict=True):
            if report.is_mapped:
                found.append(f"Classes of {name} were mapped onto these: its report says which.")
            seen = report.summary.seen_in_training if report.summary else 0
            if seen is None:
                found.append(f"{name} may have learned from these images: that is not known.")
            elif seen:
                told = "all" if seen == self.images else f"{seen:,}"
                found.append(
                    f"{name} learned from {told} of these images, so it may know them by heart."
                )
        return found

    @cached_property
    def accuracy(self) -> Difference:
        """By how much this one's accuracy is above the other's, with its 95 % interval."""
        this, other = (np.where(right, 1, 0) for right in self.right)
        return accuracy_difference(np.ones(self.images, np.int64), this, other)

    @cached_property
    def per_class(self) -> list[PairedGroup]:
        """The counts by true class; the p-values corrected for the number of classes."""
        names = self.this.dataset_version.class_names
        return corrected(by_group(*self.right, self.truth, names))

    @cached_property
    def slices(self) -> list[SliceGroups]:
        """The counts by subgroup; the p-values corrected for the number of all subgroups."""
        found = [
            (column, by_group(*self.right, slices.places, slices.names))
            for column, slices in self._slice_columns.items()
        ]
        rows = iter(corrected([group for _, groups in found for group in groups]))
        return [SliceGroups(column, [next(rows) for _ in groups]) for column, groups in found]

    @cached_property
    def _slice_columns(self) -> dict[str, SliceColumn]:
        return slice_columns(self.this.dataset_version, self.this.split_enum)

    def places(self, wanted: Wanted) -> list[int]:
        """Return where the images are, in order. Raises `Invalid` for an unknown class or slice."""
        chosen = self._group(wanted.which).copy()
        if wanted.class_name:
            names = self.this.dataset_version.class_names
            if wanted.class_name not in names:
                raise Invalid(f"The version has no class “{wanted.class_name}”.")
            chosen &= self.truth == names.index(wanted.class_name)
        if wanted.column:
            slices = self._slice_columns.get(wanted.column)
            if slices is None or wanted.value not in slices.names:
                raise Invalid(f"There is no subgroup “{wanted.column}: {wanted.value}” here.")
            chosen &= slices.places == slices.names.index(wanted.value)
        places: list[int] = np.flatnonzero(chosen).tolist()
        return places

    def rows(self, places: Sequence[int]) -> list[ComparedAnswer]:
        """Return the images at these places with both answers."""
        if not places:
            return []
        names = self.this.dataset_version.class_names
        ids = self.columns[0].sample[places].tolist()
        samples = Sample.objects.select_related("image").in_bulk(ids)
        return [
            ComparedAnswer(
                samples[pk],
                names[samples[pk].class_index],
                *(_answer(columns, place) for columns in self.columns),
            )
            for pk, place in zip(ids, places, strict=True)
        ]

    def _group(self, which: str) -> Bools:
        this, other = self.right
        if which == "both":
            return this & other
        if which == "only_this":
            return this & ~other
        if which == "only_other":
            return ~this & other
        return ~this & ~other & self.differs if which == "otherwise" else ~this & ~other


def compare_reports(this: EvaluationReport, other: EvaluationReport) -> ComparedReports:
    """Return how two reports whose answers are kept differ, on the same images.

    Classes are compared by name, so the models may have different ones. Raises `NotComparable`.
    """
    _require_same_images(this, other)
    columns = answer_columns(this), answer_columns(other)
    named = [np.array(each.class_names, dtype=object)[each.predicted] for each in columns]
    return ComparedReports(
        this,
        other,
        (columns[0].correct, columns[1].correct),
        columns[0].class_index,
        named[0] != named[1],
        columns,
    )


def _answer(columns: AnswerColumns, place: int) -> Answer:
    return Answer(
        columns.class_names[columns.predicted[place]],
        float(columns.probability[place]),
        bool(columns.true[place] == columns.predicted[place]),
    )


def _require_same_images(*reports: EvaluationReport) -> None:
    kept = ReportAnswers.objects.filter(report__in=[report.pk for report in reports])
    digests = dict(kept.values_list("report", "samples_digest"))
    for report in reports:
        if report.pk not in digests:
            raise NotComparable(
                f"The answers of {report} are not kept: evaluate the model again.",
                code="no_answers",
            )
    if len(set(digests.values())) > 1:
        raise NotComparable(
            f"{reports[0]} and {reports[1]} are not about the same images: evaluate both models "
            "on the same split of the same dataset version.",
            code="other_images",
        )
