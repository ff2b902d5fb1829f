"""The evaluation report: the one place that says what it holds.

``evaluation.evaluate`` makes it. Where a part is enough, it is read as the base that has it.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from classifier.engine.measure.calibration import Calibration
from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.gaps import ColumnGaps
from classifier.engine.measure.intervals import Estimate, probably, share_interval
from classifier.engine.versioned import Versioned

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Averages:
    """Means over the classes, from 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class ClassFigures(Averages):
    """One class; ``support`` counts the images that truly have it.

    Shares are 0 where nothing was predicted or nothing is there. ``roc_auc`` and
    ``average_precision`` are of the class against the rest; None where the images are all of the
    class or none is, and in reports from before they were measured.
    """

    class_name: str
    support: int
    roc_auc: float | None = None
    average_precision: float | None = None

    @property
    def recall_interval(self) -> Interval | None:
        """The recall's 95 % interval (Wilson's); None without images."""
        return share_interval(self.recall, self.support)


@dataclass(frozen=True, kw_only=True)
class SliceFigures:
    """One subgroup: the ``support`` images that have this ``value`` in this ``column``.

    ``interval`` is the accuracy's at 95 % (Wilson's); ``gap`` the accuracy less that of all images,
    ``below`` whether even the upper end of the interval is less than that. ``macro_f1`` is the mean
    F1 of the classes that it has images of; ``too_few`` says fewer than 30 images.
    """

    column: str
    value: str
    support: int
    accuracy: float
    interval: Interval
    gap: float
    below: bool
    macro_f1: float
    too_few: bool

    @property
    def judgement(self) -> str:
        """What the figures allow to say: too_few, lower, higher or similar (to all images)."""
        if self.too_few:
            return "too_few"
        if self.below:
            return "lower"
        return "higher" if self.interval[0] > self.accuracy - self.gap else "similar"


@dataclass(frozen=True, kw_only=True)
class InstantFigures:
    """What the recipe of the instant model reaches on the same images.

    Its head was fitted on ``learned_from`` images of the version's train split, on the vectors of
    ``embedding``.
    """

    accuracy: float
    learned_from: int
    embedding: str


@dataclass(frozen=True, kw_only=True)
class TopK:
    """The share of images whose class is among the ``k`` most probable."""

    k: int
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What an answer takes: milliseconds of one core for one image, as measured on this machine.

    ``bytes`` is the served file's size, ``parameters`` how many numbers were learned or kept.
    """

    milliseconds_per_image: float
    bytes: int
    parameters: int | None


@dataclass(frozen=True, kw_only=True)
class Summary(Versioned):
    """The figures that are one number each; shares from 0 to 1.

    - ``macro``: the mean over the classes that the split has images of, so a class without any
      can neither raise nor lower it; ``weighted`` weighs classes by support.
    - ``log_loss``: mean of −ln p(true class), p at least the smallest float32 step (about 1e-7).
    - ``top5_accuracy``: share of images whose class is among the five most probable; with five
      classes or fewer every image is, so it is then 1.0 and says nothing.
    - ``seen_in_training``: how many of the ``sample_count`` images the model was trained on or
      chosen by; None where that is not known.
    - ``balanced_accuracy``: the mean recall of the classes that the split has images of.
    - ``roc_auc``: of each class against the rest, the mean over the classes of which it is defined;
      None where there is none.
    - ``kappa``: Cohen's; None where all images are of one class and are given it.
    - ``top_k``: for 2, 3 and 5 where there are more classes than that.
    - ``intervals``: the 95 % intervals of figures, by name, and how each was made.

    Reports from before these lack them.
    """

    SCHEMA: ClassVar[int] = 2

    accuracy: float
    macro: Averages
    weighted: Averages
    log_loss: float
    top5_accuracy: float
    sample_count: int
    seen_in_training: int | None = None
    balanced_accuracy: float | None = None
    roc_auc: float | None = None
    kappa: float | None = None
    top_k: tuple[TopK, ...] = ()
    intervals: dict[str, Estimate] = field(default_factory=dict)
    cost: Cost | None = None

    @classmethod
    def upgrade(cls, values: object, number: int) -> object:
        """Read the full table of counts that was stored before schema 2 as the cells that hold any.

        A thousand classes have a million cells.
        """
        if number >= 2 or not isinstance(values, dict):
            return values
        # Read as a part, a report has null for what it lacks.
        lacking = [name for name in ("top_k", "intervals") if values.get(name) is None]
        read = {name: value for name, value in values.items() if name not in lacking}
        matrix = read.get("confusion_matrix")
        if isinstance(matrix, dict) and "counts" in matrix:
            read["confusion_matrix"] = _cells_of(matrix)
        return read

    @property
    def accuracy_interval(self) -> Interval | None:
        """Where the accuracy on new images lies with a confidence of 95 % (Wilson's interval)."""
        return share_interval(self.accuracy, self.sample_count)

    @property
    def macro_f1_hint(self) -> str:
        """What stands below the macro F1: where it lies on new images, where that is known."""
        found = self.intervals.get("macro_f1")
        return "classes count alike" if found is None else probably(found.low, found.high)

    @property
    def top5_interval(self) -> Interval | None:
        """The same of the share whose class is among the five most probable."""
        return share_interval(self.top5_accuracy, self.sample_count)


def _cells_of(matrix: dict[str, Any]) -> dict[str, Any]:
    cells = [
        [true, predicted, count]
        for true, row in enumerate(matrix["counts"])
        for predicted, count in enumerate(row)
        if count
    ]
    return {"class_names": matrix["class_names"], "cells": cells}


@dataclass(frozen=True, kw_only=True)
class SummaryByClass(Summary):
    """With the figures of each class, in the order of the model's classes."""

    per_class: tuple[ClassFigures, ...]

    @property
    def largest(self) -> tuple[str, int]:
        """The class that most images have, and how many (of equals the first)."""
        pairs = [(figures.class_name, figures.support) for figures in self.per_class]
        return max(pairs, default=("", 0), key=lambda pair: pair[1])

    @property
    def absent(self) -> list[str]:
        """The classes that the model knows and that no image has."""
        return [figures.class_name for figures in self.per_class if not figures.support]

    @property
    def roc_auc_undefined(self) -> list[str] | None:
        """The classes that have no ROC curve, which ``roc_auc`` leaves out.

        Those that no image has, and one that all have. None where it was not measured.
        """
        if self.balanced_accuracy is None:
            return None
        return [figures.class_name for figures in self.per_class if figures.roc_auc is None]


@dataclass(frozen=True, kw_only=True)
class SummaryBySlice(SummaryByClass):
    """With the figures of each subgroup.

    ``slices`` come by column, from the lowest accuracy up; None where they were not measured, as
    in reports from before them.
    """

    slices: tuple[SliceFigures, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Report(SummaryBySlice):
    """All of it.

    ``calibration`` and ``gaps`` are None in reports from before them; ``instant`` where there was
    nothing to compare with.
    """

    confusion_matrix: ConfusionMatrix
    instant: InstantFigures | None = None
    calibration: Calibration | None = None
    gaps: tuple[ColumnGaps, ...] | None = None

    @property
    def above_instant(self) -> float | None:
        """By how much the accuracy is above that of the instant model, -1..1."""
        return None if self.instant is None else self.accuracy - self.instant.accuracy

    @property
    def slices_by_column(self) -> list[tuple[str, list[SliceFigures]]]:
        """The tables of subgroups.

        Pairs: a template would take a column called `items` for a dictionary's method.
        """
        tables: dict[str, list[SliceFigures]] = {}
        for figures in self.slices or ():
            tables.setdefault(figures.column, []).append(figures)
        return list(tables.items())
