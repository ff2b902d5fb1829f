"""Thresholds that keep a promise: each with a bound that holds for few images, too."""

from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
# Below, more images would be needed than anyone has.
LEAST_RATE = 0.0001
# The walk through the answers begins with this share of them, the surest, if that is enough, and
# takes so many times as many at each step.
_FIRST_SHARE, _GROWTH = 0.1, 1.25


@dataclass(frozen=True)
class Promise:
    """A threshold on the top probability; None, with the reason, where nothing can be promised."""

    threshold: float | None
    refusal: str = ""


def keep_precision(
    probability: Floats, correct: npt.NDArray[np.bool_], precision: float, error: float
) -> Promise:
    """Return a threshold from which on at least ``precision`` of the answers are right.

    ``probability`` (n,) and ``correct`` (n,) are of images not learned from; but for a chance of
    ``error``, the promise holds for all images that come like these. Learn then test (Angelopoulos
    et al., 2021), each test by the exact binomial tail. Half of the error is for letting all
    through. The other half is for a walk from the surest answers on, which ends with the last step
    that passes (fixed-sequence testing). Its ranks follow from n and from ties; its thresholds are
    order statistics, given which the errors above them are binomial (Geifman and El-Yaniv,
    "Selective classification for deep neural networks", 2017). It supposes that less sure answers
    are not right more often.
    """
    total, level = len(probability), error / 2
    least = ceil(log(level) / log(precision))
    if total < least:
        return _too_few(total, least)
    right = int(correct.sum())
    if binomial_tail(total - right, total, 1 - precision) <= level:
        return Promise(0.0)
    found = None
    order = np.argsort(-probability, kind="stable")
    wrong = np.cumsum(~correct[order])
    rank = max(least + 1, ceil(_FIRST_SHARE * total))
    while rank < total:
        threshold = float(probability[order[rank - 1]])
        count = int((probability >= threshold).sum())
        # The image that gave the threshold is none of the binomial's.
        if binomial_tail(int(wrong[count - 1]), count - 1, 1 - precision) > level:
            break
        found, rank = threshold, ceil(_GROWTH * count)
    if found is not None:
        return Promise(found)
    return Promise(
        None,
        f"Cannot promise this with {total:,} images: {right:,} are right, and too few of those "
        "that are surest.",
    )


def keep_known(distances: Floats, rate: float) -> Promise:
    """Return the distance that a new image of the known kind exceeds with a chance of ``rate``.

    The conformal quantile of the ``distances`` (n,) of images not learned from: the chance is at
    most ``rate``, whatever their distribution. ``rate`` is ``LEAST_RATE`` or more.
    """
    total = len(distances)
    rank = ceil((total + 1) * (1 - rate) - 1e-9)
    if rank > total:
        return _too_few(total, ceil(1 / rate - 1e-9) - 1)
    return Promise(float(np.sort(distances)[rank - 1]))


def _too_few(total: int, least: int) -> Promise:
    return Promise(
        None, f"Cannot promise this with {total:,} images: at least {least:,} are needed."
    )


def least_of_set(true_probability: Floats, coverage: float) -> float:
    """Return from which probability on a class belongs to the answer set.

    Split conformal prediction with the score 1 - p(true class) ("LAC": Sadinle, Lei and Wasserman,
    "Least ambiguous set-valued classifiers", 2019): the set holds the true class with a chance of
    at least ``coverage``. 0, so all classes, where there are too few images (n,) for less.
    """
    total = len(true_probability)
    rank = ceil((total + 1) * coverage - 1e-9)
    return 0.0 if rank > total else float(np.sort(true_probability)[total - rank])


def binomial_tail(most: int, total: int, rate: float) -> float:
    """Return the chance of at most ``most`` of ``total`` where each has a chance of ``rate``."""
    if rate <= 0 or most >= total:
        return 1.0
    if rate >= 1:
        return 0.0
    whole, yes, no = lgamma(total + 1), log(rate), log1p(-rate)
    return min(
        1.0,
        sum(
            exp(whole - lgamma(k + 1) - lgamma(total - k + 1) + k * yes + (total - k) * no)
            for k in range(most + 1)
        ),
    )
