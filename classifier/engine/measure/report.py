"""The evaluation report: the one place that says what it holds.

``evaluation.evaluate`` makes it. Where a part is enough, it is read as the base that has it.
"""

from dataclasses import dataclass
from typing import ClassVar

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.intervals import share_interval
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

    Shares are 0 where nothing was predicted or nothing is there.
    """

    class_name: str
    support: int

    @property
    def recall_interval(self) -> Interval | None:
        """The recall's 95 % interval (Wilson's); None without images."""
        return share_interval(self.recall, self.support)


@dataclass(frozen=True, kw_only=True)
class SliceFigures:
    """One subgroup: the ``support`` images whose metadata have this ``value`` in this ``column``.

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
class Summary(Versioned):
    """The figures that are one number each; shares from 0 to 1.

    - ``macro``: the mean over the classes that the split has images of, so a class without any
      can neither raise nor lower it; ``weighted`` weighs classes by support.
    - ``log_loss``: mean of −ln p(true class), p at least the smallest float32 step (about 1e-7).
    - ``top5_accuracy``: share of images whose class is among the five most probable; with five
      classes or fewer every image is, so it is then 1.0 and says nothing.
    - ``seen_in_training``: how many of the ``sample_count`` images the model was trained on or
      chosen by; None where that is not known.
    """

    SCHEMA: ClassVar[int] = 1

    accuracy: float
    macro: Averages
    weighted: Averages
    log_loss: float
    top5_accuracy: float
    sample_count: int
    seen_in_training: int | None = None

    @property
    def accuracy_interval(self) -> Interval | None:
        """Where the accuracy on new images lies with a confidence of 95 % (Wilson's interval)."""
        return share_interval(self.accuracy, self.sample_count)

    @property
    def top5_interval(self) -> Interval | None:
        """The same of the share whose class is among the five most probable."""
        return share_interval(self.top5_accuracy, self.sample_count)


@dataclass(frozen=True, kw_only=True)
class SummaryByClass(Summary):
    """With the figures of each class, in the order of the model's classes."""

    per_class: tuple[ClassFigures, ...]

    @property
    def largest(self) -> tuple[str, int]:
        """The class that most images have, and how many (of equals the first)."""
        pairs = [(figures.class_name, figures.support) for figures in self.per_class]
        return max(pairs, default=("", 0), key=lambda pair: pair[1])


@dataclass(frozen=True, kw_only=True)
class Report(SummaryByClass):
    """All of it.

    ``slices`` come by column, from the lowest accuracy up; None where they were not measured, as
    in reports from before them. ``instant`` is None where there was nothing to compare with.
    """

    confusion_matrix: ConfusionMatrix
    slices: tuple[SliceFigures, ...] | None = None
    instant: InstantFigures | None = None

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
