"""What a model answered to each image of an evaluation, in a few bytes an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.target import decide

_INDEX = np.dtype("<u2")
_STEPS = 65535


@dataclass(frozen=True)
class PackedAnswers:
    """One entry for each image, in the report's order.

    ``correct`` has a bit (the first image is the highest bit of the first byte), ``predicted`` the
    class index and ``probability`` that class's probability in steps of 1/65535, each as two bytes,
    the lower first.
    """

    correct: bytes
    predicted: bytes
    probability: bytes


def pack(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
) -> PackedAnswers:
    """Pack the answers (n, classes) about n images; up to 65,536 classes."""
    predicted = decide(np.asarray(probabilities))
    best = np.asarray(probabilities)[np.arange(len(predicted)), predicted]
    return PackedAnswers(
        correct=np.packbits(predicted == np.asarray(true_indices)).tobytes(),
        predicted=predicted.astype(_INDEX).tobytes(),
        probability=np.rint(best.clip(0, 1) * _STEPS).astype(_INDEX).tobytes(),
    )


def in_steps(probabilities: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Return probabilities (n,) as ``pack`` keeps them, to be compared with what it kept.

    Bins whose edges are packed answers would else divide answers that are the same.
    """
    return np.rint(probabilities.clip(0, 1) * _STEPS) / _STEPS


def columns_of(answers: PackedAnswers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the predicted class indices and their probabilities, both (n,)."""
    predicted = np.frombuffer(answers.predicted, _INDEX).astype(np.int64)
    return predicted, np.frombuffer(answers.probability, _INDEX) / _STEPS


def unpack(answers: PackedAnswers) -> list[tuple[int, float]]:
    """Return (predicted class index, its probability) of each image."""
    predicted, shares = columns_of(answers)
    return list(zip(predicted.tolist(), shares.tolist(), strict=True))
