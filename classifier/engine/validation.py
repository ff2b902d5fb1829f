"""What a training answers to its validation split, as people watch it: by class, and a few images.

It comes of the pass over the split that chooses the best epoch: there is no other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
WATCHED = 12
_COUNT = np.dtype("<u4")
_INDEX = np.dtype("<u2")
_STEPS = 65535


def watched_places(labels: Indices, seed: int, count: int = WATCHED) -> Indices:
    """Return the places (up to ``count``,) of the images that people watch, class by class.

    The seed chooses: one image of each class, then a second of each, as long as there is room.
    """
    mixed = np.random.default_rng([seed, 4]).permutation(len(labels))
    by_class = np.argsort(labels[mixed], kind="stable")
    kinds = labels[mixed][by_class]
    turns = np.empty(len(labels), np.int64)
    turns[by_class] = np.arange(len(labels)) - np.searchsorted(kinds, kinds)
    chosen = mixed[np.argsort(turns, kind="stable")[:count]]
    return chosen[np.lexsort((chosen, labels[chosen]))]


@dataclass(frozen=True, eq=False)
class ValidationAnswers:
    """What a network or method answered, at one moment of its training.

    ``correct`` (classes,) counts the images of each class that are answered with it; ``predicted``
    and ``probability`` (watched,) are the class decided and its probability, 0..1, of each image of
    ``watched_places``.
    """

    correct: Indices
    predicted: Indices
    probability: npt.NDArray[np.floating[Any]]

    def pack(self) -> dict[str, bytes]:
        """Return the fields in a few bytes: four a class, four an image; up to 65,536 classes."""
        steps = np.rint(self.probability.clip(0, 1) * _STEPS)
        return {
            "correct": self.correct.astype(_COUNT).tobytes(),
            "predicted": self.predicted.astype(_INDEX).tobytes(),
            "probability": steps.astype(_INDEX).tobytes(),
        }

    @classmethod
    def unpack(cls, *, correct: bytes, predicted: bytes, probability: bytes) -> "ValidationAnswers":
        """Return what ``pack`` packed; probabilities come back within 1/131070."""
        return cls(
            np.frombuffer(correct, _COUNT).astype(np.int64),
            np.frombuffer(predicted, _INDEX).astype(np.int64),
            np.frombuffer(probability, _INDEX) / _STEPS,
        )


class ValidationTally:
    """Counts answers batch by batch, in the split's order; the memory is that of the classes."""

    def __init__(self, labels: Indices, classes: int, watched: Indices) -> None:
        """``labels`` (n,) of the split, ``watched`` from ``watched_places``."""
        self._labels = labels
        self._watched = watched
        self._correct = np.zeros(classes, np.int64)
        self._predicted = np.zeros(len(watched), np.int64)
        self._probability = np.zeros(len(watched))
        self._done = 0

    def add(self, predicted: Indices, probability: npt.NDArray[np.floating[Any]]) -> None:
        """Take the classes decided (b,) of the next images, and their probabilities."""
        end = self._done + len(predicted)
        labels = self._labels[self._done : end]
        right = labels[predicted == labels]
        self._correct += np.bincount(right, minlength=len(self._correct))
        here = (self._watched >= self._done) & (self._watched < end)
        places = self._watched[here] - self._done
        self._predicted[here], self._probability[here] = predicted[places], probability[places]
        self._done = end

    def answers(self) -> ValidationAnswers:
        """Return what was counted."""
        return ValidationAnswers(self._correct, self._predicted, self._probability)
