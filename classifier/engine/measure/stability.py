"""How far shares have moved: the population stability index, with a threshold that knows n."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.integer[Any]]
DRAWS = 19_999
# Confidences are told apart in so many bins, which both sets together fill evenly.
BINS = 10
# Of more classes the rarest count as one.
_MOST_CLASSES = 20
OTHERS = ""
# Added to each count, so that an empty bin is no infinite change.
_SMOOTHING = 0.5


@dataclass(frozen=True)
class Stability:
    """The index of two sets of counts, the chance of one as large where nothing has moved, and the
    index that nothing moved exceeds with a chance of 5 %."""

    score: float
    p_value: float
    usual: float


def stability(found: Counts, reference: Counts, seed: int, draws: int = DRAWS) -> Stability:
    """Compare counts (bins,) with those of a reference (bins,), each of one image or more.

    The index is the sum of (p - q) · ln(p / q) over shares. Without any change its mean is about
    (1/n + 1/m) · (bins - 1) (Yurdakul and Naranjo, "Statistical properties of the population
    stability index", 2020), so that the usual 0.1 and 0.2 say much for many images and nothing for
    few. Here chance itself is the yardstick: as often as ``draws``, all images are dealt
    into two sets of the same sizes.
    """
    pooled, count = found + reference, int(found.sum())
    observed = float(_index(found[None], reference[None])[0])
    random = np.random.default_rng(seed)
    dealt = random.multivariate_hypergeometric(pooled, count, size=draws, method="marginals")
    chance = _index(dealt, pooled - dealt)
    as_large = int((chance >= observed - 1e-12).sum())
    return Stability(observed, (as_large + 1) / (draws + 1), float(np.quantile(chance, 0.95)))


def _index(found: Counts, reference: Counts) -> npt.NDArray[np.float64]:
    first, second = found + _SMOOTHING, reference + _SMOOTHING
    p = first / first.sum(axis=1, keepdims=True)
    q = second / second.sum(axis=1, keepdims=True)
    index: npt.NDArray[np.float64] = ((p - q) * np.log(p / q)).sum(axis=1)
    return index


def confidence_edges(both: npt.NDArray[np.floating[Any]]) -> list[float]:
    """Return where bins begin, but for the first, so that the confidences (n,) fill them evenly.

    They are those of both sets: edges of one alone would not be dealt out with the images. Fewer
    than ``BINS`` where many are equal.
    """
    inner = np.quantile(both, np.arange(1, BINS) / BINS, method="higher")
    return sorted({float(edge) for edge in inner if edge > both.min()})


def binned(values: npt.NDArray[np.floating[Any]], edges: Sequence[float]) -> Counts:
    """Return how many of the values lie in each bin (edges + 1,)."""
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)


def class_counts(
    found: Mapping[str, int], reference: Mapping[str, int]
) -> tuple[list[str], Counts, Counts]:
    """Return class names and both counts in their order, the most frequent first.

    Of more than 20 classes the rarest are one, ``OTHERS``.
    """
    both = {name: found.get(name, 0) + reference.get(name, 0) for name in {*found, *reference}}
    names = sorted(both, key=lambda name: (-both[name], name))
    shown, rest = names[:_MOST_CLASSES], names[_MOST_CLASSES:]

    def counts(of: Mapping[str, int]) -> Counts:
        values = [of.get(name, 0) for name in shown]
        return np.array(values + ([sum(of.get(name, 0) for name in rest)] if rest else []))

    return shown + ([OTHERS] if rest else []), counts(found), counts(reference)
