"""By how much two models differ on each class, by their answers to the same images."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.intervals import wilson
from classifier.engine.measure.report import Averages, Interval

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
_DRAWS = 2_000
# Jeffreys' prior of a share, half an image, for each of the seven ways to answer.
_PRIOR = 0.5


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A figure of the one model less that of the other, -1 to 1, with its 95 % interval."""

    value: float
    interval: Interval

    @property
    def by_chance(self) -> bool:
        """Whether both may be alike: the interval holds 0."""
        return self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True, kw_only=True)
class ClassDifference:
    """One class of ``support`` images: both models' figures, and how they differ."""

    class_name: str
    support: int
    this: Averages
    other: Averages
    precision: Difference
    recall: Difference
    f1: Difference

    @property
    def differences(self) -> tuple[Difference, Difference, Difference]:
        """Those of precision, recall and F1."""
        return self.precision, self.recall, self.f1


def class_differences(
    truth: Ints, this: Ints, other: Ints, class_names: list[str], asked: Iterable[int]
) -> list[ClassDifference]:
    """Compare two models' answers (n,) to images whose classes are ``truth`` (n,).

    Of the classes with the indices ``asked``, in that order.

    Intervals are those of paired answers: for each class an image is one of seven kinds (is it of
    the class, does each model say so), and their shares are drawn from the posterior that the
    counts give, as Goutte and Gaussier do for one model ("A probabilistic interpretation of
    precision, recall and F-score", 2005). Seeded: the same answers have the same intervals.
    """
    return [
        _compared(
            _kinds(truth == index, this == index, other == index),
            class_names[index],
            np.random.default_rng(index),
        )
        for index in asked
    ]


def accuracy_difference(truth: Ints, this: Ints, other: Ints) -> Difference:
    """Return how the share of right answers differs (R. G. Newcombe, 1998, method 10)."""
    one, two = this == truth, other == truth
    n, a, d = len(truth), int((one & two).sum()), int((~one & ~two).sum())
    b, c = int((one & ~two).sum()), int((~one & two).sum())
    (l1, u1), (l2, u2) = wilson(a + b, n), wilson(a + c, n)
    p1, p2, value = (a + b) / n, (a + c) / n, (b - c) / n
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    surplus = float(a * d - b * c)
    surplus = max(surplus - n / 2, 0.0) if surplus > 0 else surplus
    phi = surplus / margins**0.5 if margins else 0.0
    down, up = (p1 - l1, u2 - p2), (u1 - p1, p2 - l2)
    low, high = (max(0.0, one**2 - 2 * phi * one * two + two**2) ** 0.5 for one, two in (down, up))
    return Difference(value=value, interval=(max(-1.0, value - low), min(1.0, value + high)))


def _kinds(truth: npt.NDArray[np.bool_], this: Any, other: Any) -> Floats:
    """Return the counts (7,) of 4·truth + 2·this + other from 1: 0 is in no figure."""
    return np.bincount(4 * truth + 2 * this + other, minlength=8)[1:].astype(np.float64)


def _compared(counts: Floats, class_name: str, random: np.random.Generator) -> ClassDifference:
    drawn = random.standard_gamma(counts + _PRIOR, (_DRAWS, len(counts)))
    values, spread = _figures(counts[None]), _figures(drawn)
    found = {
        name: _difference(values[name], spread[name]) for name in ("precision", "recall", "f1")
    }
    this, other = (
        Averages(**{name: float(pair[side][0]) for name, pair in values.items()}) for side in (0, 1)
    )
    support = int(counts[3:].sum())
    return ClassDifference(class_name=class_name, support=support, this=this, other=other, **found)


def _figures(counts: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Return both models' figures of rows of counts (n, 7); 0 where there is nothing."""
    only_other, only_this, both = counts[:, 0], counts[:, 1], counts[:, 2]
    missed, found_other, found_this, found_both = counts[:, 3:].T
    support = missed + found_other + found_this + found_both
    sides = []
    for found, false in (
        (found_this + found_both, only_this + both),
        (found_other + found_both, only_other + both),
    ):
        precision, recall = _share(found, found + false), _share(found, support)
        sides.append((precision, recall, _share(2 * found, found + false + support)))
    this, other = sides
    return {name: (this[place], other[place]) for place, name in enumerate(_NAMES)}


_NAMES = ("precision", "recall", "f1")


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _difference(values: tuple[Floats, Floats], drawn: tuple[Floats, Floats]) -> Difference:
    value = float(values[0][0] - values[1][0])
    low, high = np.quantile(drawn[0] - drawn[1], (0.025, 0.975)).tolist()
    # The prior draws towards 0: what was counted stays within.
    return Difference(value=value, interval=(min(low, value), max(high, value)))
