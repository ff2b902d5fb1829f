"""How right a head is about images that it did not learn from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.engine.instant.head import Floats, Ints, fit_head
from classifier.engine.measure.intervals import wilson

FOLDS = 5


@dataclass(frozen=True)
class CrossValidated:
    """``logits`` float32 (n, classes), each image's from the folds that lack it and its copies."""

    logits: Floats
    accuracy: float
    interval: tuple[float, float]


def cross_validate(
    vectors: Floats,
    labels: Ints,
    groups: npt.NDArray[np.integer],
    classes: int,
    go_on: Callable[[], bool],
) -> CrossValidated | None:
    """Return how often heads fitted on four fifths are right about the last fifth.

    ``vectors`` (n, d), ``labels`` (n,) 0.., ``groups`` (n,): copies of one image have one number
    and are in one fold. ``go_on`` is asked before each fold; None when it says no. The interval is
    Wilson's, 95 %. No fold starts from another head, which would have seen its images.
    """
    folds = fold_numbers(labels, groups)
    logits = np.zeros((len(labels), classes), np.float32)
    for fold in range(FOLDS):
        if not go_on():
            return None
        held = folds == fold
        if held.any() and not held.all():
            logits[held] = fit_head(vectors[~held], labels[~held], classes).logits(vectors[held])
    correct = int((logits.argmax(axis=1) == labels).sum())
    return CrossValidated(logits, correct / len(labels), wilson(correct, len(labels)))


def fold_numbers(labels: Ints, groups: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Return each image's fold (n,): the groups of a class go round, in an order of chance."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    chance = np.random.default_rng(0).permutation(len(first))
    order = np.lexsort((chance, labels[first]))
    folds = np.empty(len(first), np.int64)
    folds[order] = np.arange(len(first)) % FOLDS
    return folds[inverse]
