"""Shares of the images that a learning curve learns from."""

import numpy as np

from classifier.engine.samples import Sample
from classifier.engine.subgroups import Subgroups

SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)


def subset(samples: list[Sample], share: float, seed: int) -> list[Sample]:
    """Return this share of each class's samples, at least one; a smaller share lies in a larger."""
    rng = np.random.default_rng(seed)
    labels = np.array([index for _, index in samples])
    chosen: list[int] = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        chosen += rows[: max(1, round(share * len(rows)))].tolist()
    return [samples[row] for row in sorted(chosen)]


def drawn(samples: list[Sample], seed: int, subgroups: Subgroups | None = None) -> list[Sample]:
    """Return as many samples of each class, drawn with replacement.

    Of each class in each subgroup, where these are weighed: none of them may be missed.
    """
    labels = np.array([index for _, index in samples], np.int64)
    if subgroups is not None:
        names = np.array([subgroups.of[sample] for sample in samples])
        groups = np.unique(names, return_inverse=True)[1]
        labels = labels + (labels.max() + 1) * groups
    rng = np.random.default_rng([seed, 7])
    places: list[int] = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        places += rng.choice(own, len(own)).tolist()
    return [samples[place] for place in sorted(places)]
