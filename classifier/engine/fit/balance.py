"""Rare classes: what an image counts, how often it is seen, and examples that are made."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from classifier.engine.presets.balance import BalanceSettings
from classifier.engine.presets.self_training import MOST_OF_A_CLASS
from classifier.engine.runtime.batches import Arrays, joined_arrays
from classifier.engine.samples import Indices
from classifier.engine.target import Loss

_NEIGHBOURS = 5


@dataclass(frozen=True)
class Balance:
    """What the settings do about the classes of a train split, whose ``labels`` are (n,)."""

    config: BalanceSettings
    labels: Indices
    classes: int

    @cached_property
    def counts(self) -> Indices:
        """How many images each class has."""
        return np.bincount(self.labels, minlength=self.classes)

    @cached_property
    def missing(self) -> Indices:
        """How many synthetic examples each class gets; none where there is no image to go by."""
        wanted = np.ceil(self.counts.max(initial=0) * self.config.synthetic).astype(np.int64)
        return np.where(self.counts > 0, np.maximum(wanted - self.counts, 0), 0)

    @property
    def shown(self) -> int:
        """How many images an epoch shows, synthetic ones among them."""
        return len(self.labels) + int(self.missing.sum())

    def loss(self, smoothing: float) -> Loss:
        """Return the loss; weights are n / (classes · images of the class), 1 on average."""
        counts = self.counts + self.missing
        weights: tuple[float, ...] = ()
        if self.config.balance == "class_weights":
            present = max(1, int((counts > 0).sum()))
            # A class without images has no weight of its own.
            share = counts.sum() / (present * np.maximum(counts, 1))
            weights = tuple(np.where(counts > 0, share, 1.0).tolist())
        return Loss(smoothing=smoothing, gamma=self.config.focal_gamma, weights=weights)

    def order(self, seed: tuple[int, ...]) -> Indices:
        """Return the places (n + synthetic,) of an epoch's images, as the seed mixes them."""
        random = np.random.default_rng(seed)
        if self.config.balance == "balanced_sampling":
            return self._each_class_alike(random)
        if not self.missing.any():
            return random.permutation(len(self.labels))
        copies = [
            random.choice(np.flatnonzero(self.labels == index), number)
            for index, number in enumerate(self.missing)
            if number
        ]
        return random.permutation(np.concatenate([np.arange(len(self.labels)), *copies]))

    def _each_class_alike(self, random: np.random.Generator) -> Indices:
        """Each class fills its part of the epoch with all its images, again and again."""
        present = np.flatnonzero(self.counts)
        total = len(self.labels)
        each = -(-total // len(present))
        parts = []
        for index in present:
            places = np.flatnonzero(self.labels == index)
            rounds = -(-each // len(places))
            parts.append(np.concatenate([random.permutation(places) for _ in range(rounds)])[:each])
        return random.permutation(np.concatenate(parts))[:total]


def most_shown(balance: Balance, joining: int) -> int:
    """Return the most images that an epoch may show, where up to ``joining`` more may join.

    Of each class up to ``MOST_OF_A_CLASS`` do, and synthetic examples fill up to the largest.
    """
    of_a_class = min(joining, MOST_OF_A_CLASS)
    joined = len(balance.labels) + min(joining, MOST_OF_A_CLASS * balance.classes)
    filled = (int(balance.counts.max(initial=0)) + of_a_class) * balance.classes
    return max(balance.shown, joined, filled if joining and balance.config.synthetic else 0)


def with_synthetic(train: Arrays, balance: Balance, seed: int) -> Arrays:
    """Return vectors with the missing examples added: points between neighbours of a class (SMOTE).

    A class with a single vector gets copies of it. Where images are weighed, an example counts as
    the image does that it was made from.
    """
    random = np.random.default_rng([seed, 2])
    parts = [train]
    for index in np.flatnonzero(balance.missing):
        places = np.flatnonzero(train.labels == index)
        own = train.inputs[places].astype(np.float32)
        number = int(balance.missing[index])
        first = random.integers(0, len(own), number)
        second = _neighbours(own)[first, random.integers(0, _NEIGHBOURS, number)]
        share = random.random((number, 1), np.float32)
        made = own[first] + (own[second] - own[first]) * share
        counts = None if train.weights is None else train.weights[places[first]]
        labels = np.full(number, index, np.int64)
        parts.append(Arrays(made.astype(train.inputs.dtype), labels, counts))
    return joined_arrays(parts)


def _neighbours(vectors: npt.NDArray[np.float32]) -> Indices:
    """Return (n, 5): the places of each vector's nearest others, repeated where there are fewer."""
    squares = (vectors**2).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * vectors @ vectors.T
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(axis=1)[:, : max(1, min(_NEIGHBOURS, len(vectors) - 1))]
    return np.resize(nearest.T, (_NEIGHBOURS, len(vectors))).T
