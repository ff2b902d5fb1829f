"""Thresholds that keep a promise: each with a bound that holds for few images, too."""

from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
# The shares of the answers that may go through, of which the largest that keeps the promise is
# taken, and the part of the allowed error that each takes: fixed beforehand, few, 1 in all. Half is
# for all of them, where few images that are all right can promise something.
SHARES = {1.0: 1 / 2} | dict.fromkeys((0.98, 0.95, 0.9, 0.8, 0.65, 0.5, 0.3), 1 / 14)


@dataclass(frozen=True)
class Promise:
    """A threshold on the top probability; None, with the reason, where nothing can be promised."""

    threshold: float | None
    refusal: str = ""


def keep_precision(
    probability: Floats, correct: npt.NDArray[np.bool_], precision: float, error: float
) -> Promise:
    """Return the lowest threshold from which on at least ``precision`` of the answers are right.

    ``probability`` (n,) and ``correct`` (n,) are of images not learned from; but for a chance of
    ``error``, the promise holds for all images that come like these. Learn then test (Angelopoulos
    et al., 2021): each share's threshold is an order statistic, given which the errors above it are
    binomial (Geifman and El-Yaniv, "Selective classification for deep neural networks", 2017); the
    exact binomial tail is compared with the share's part of ``error`` (Bonferroni).
    """
    total = len(probability)
    least = ceil(log(error * max(SHARES.values())) / log(precision))
    if total < least:
        return _too_few(total, least)
    ordered = np.sort(probability)[::-1]
    for share, part in SHARES.items():
        threshold = 0.0 if share == 1 else float(ordered[ceil(share * total) - 1])
        above = probability >= threshold
        # The image that gave the threshold is none of the binomial's.
        count = int(above.sum()) - (share < 1)
        wrong = int((~correct[above]).sum())
        if count and binomial_tail(wrong, count, 1 - precision) <= error * part:
            return Promise(threshold)
    right = int(correct.sum())
    return Promise(
        None,
        f"Cannot promise this with {total:,} images: {right:,} are right, and too few of those "
        "that are surest.",
    )


def keep_known(distances: Floats, rate: float) -> Promise:
    """Return the distance that a new image of the known kind exceeds with a chance of ``rate``.

    The conformal quantile of the ``distances`` (n,) of images not learned from: the chance is at
    most ``rate``, whatever their distribution.
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
