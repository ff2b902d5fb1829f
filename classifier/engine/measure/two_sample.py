"""Whether two sets of vectors come from one distribution, and which vectors say that they do not.

The energy distance (Székely and Rizzo, "Testing for equal distributions in high dimension", 2004),
which is the maximum mean discrepancy with the kernel -|x - y| (Sejdinovic et al., 2013; Gretton et
al., "A kernel two-sample test", 2012), with permutations for its p-value.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
PERMUTATIONS = 19_999
# Permutations that are weighed in one product of matrices.
_TOGETHER = 250
_ENOUGH = 100


@dataclass(frozen=True)
class TwoSample:
    """The distance of two samples, 0 or more, and the chance of one as large where none is.

    ``moved`` (n,) says of each vector of the first sample how much nearer it is to its own kind
    than to the second sample: the witness of the distance (Lloyd and Ghahramani, "Statistical model
    criticism using kernel two sample tests", 2015).
    """

    score: float
    p_value: float
    moved: Floats


def two_sample(
    found: Floats, reference: Floats, seed: int, permutations: int = PERMUTATIONS
) -> TwoSample:
    """Compare vectors ``found`` (n, width) with ``reference`` (m, width), n and m at least 2."""
    count, total = len(found), len(found) + len(reference)
    apart = distances(np.concatenate([found, reference]))
    own, other = apart[:count, :count], apart[:count, count:]
    first = np.zeros(total)
    first[:count] = 1
    observed = float(_energy(apart, first[None], count)[0])
    p_value = _p_value(apart, first, observed, seed, permutations)
    moved = other.mean(axis=1) - own.sum(axis=1) / (count - 1)
    return TwoSample(max(0.0, observed), p_value, moved)


def _p_value(apart: Floats, first: Floats, observed: float, seed: int, permutations: int) -> float:
    """Return the chance of a distance of ``observed`` or more, by permutations.

    They end with the 100th that is as large (Besag and Clifford, "Sequential Monte Carlo p-values",
    1991): what is surely no drift needs no more of them.
    """
    random, count = np.random.default_rng(seed), int(first.sum())
    done = as_large = 0
    while done < permutations:
        drawn = np.stack(
            [random.permutation(first) for _ in range(min(_TOGETHER, permutations - done))]
        )
        # Sums come in another order: what is equal but for the last digits counts as large.
        reached = as_large + np.cumsum(_energy(apart, drawn, count) >= observed - 1e-9)
        if reached[-1] >= _ENOUGH:
            return _ENOUGH / (done + int(np.searchsorted(reached, _ENOUGH)) + 1)
        as_large, done = int(reached[-1]), done + len(drawn)
    return (as_large + 1) / (permutations + 1)


def distances(vectors: Floats) -> Floats:
    """Return the Euclidean distances (n, n) of vectors (n, width) to each other."""
    exact = vectors.astype(np.float64)
    squares = (exact**2).sum(axis=1)
    products = squares[:, None] + squares[None] - 2 * exact @ exact.T
    found: Floats = np.sqrt(products.clip(min=0))
    np.fill_diagonal(found, 0)
    return found


def _energy(apart: Floats, first: Floats, count: int) -> Floats:
    """Return the energy distance (draws,) of the rows that are 1 in ``first`` (draws, n) and the
    rest: twice the mean distance between the two, less the mean distances within each."""
    rest = apart.shape[0] - count
    sums = first @ apart
    within = (sums * first).sum(axis=1)
    between = sums.sum(axis=1) - within
    within_rest = apart.sum() - within - 2 * between
    energy: Floats = (
        2 * between / (count * rest)
        - within / (count * (count - 1))
        - within_rest / (rest * (rest - 1))
    )
    return energy
