"""Decider: a rule at work on one answer at a time; no TensorFlow."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import EngineError, Unreadable
from classifier.engine.measure.decision import ACCEPT, NEIGHBOUR, REVIEW, UNKNOWN, Rule
from classifier.engine.runtime.answer import Near

Floats = npt.NDArray[np.floating[Any]]
# Most images of the known kind have enough neighbours among the first so many of their class: then
# the other rows need not be read. 128 vectors of 1,280 numbers take 0.65 MB, a part of the cache.
_ROWS = 128


class Decider:
    """Applies a rule. ``references`` (n, width) are training vectors of length 1, by class.

    Safe to call from several threads.
    """

    def __init__(self, rule: Rule, references: Floats | None) -> None:
        self.rule = rule
        self._references = references

    @classmethod
    def load(cls, rule: Path, references: Path | None) -> "Decider":
        """Read a rule, and map the training vectors into memory, which processes then share.

        Raises EngineError where one of them is missing or cannot be read.
        """
        try:
            values = Rule.from_json(json.loads(rule.read_bytes()))
            vectors = np.load(references, mmap_mode="r") if references is not None else None
        except (OSError, ValueError, Unreadable) as error:
            raise EngineError(
                "decision_lost",
                "What this version's decisions are made with cannot be read.",
                "Set the decision again, or restore the data folder from a backup.",
            ) from error
        return cls(values, vectors)

    @property
    def has_references(self) -> bool:
        """Whether distances can be told."""
        return self._references is not None and len(self._references) > 0

    @property
    def needs_vectors(self) -> bool:
        """Whether a decision takes the image's vector."""
        return self.rule.distance is not None and self.has_references

    def verdict(self, probabilities: Floats, vector: Floats | None) -> str:
        """Return accept, review or unknown for the probabilities (classes,) and vector (width,)."""
        best = int(probabilities.argmax())
        if vector is not None and self.needs_vectors and self._is_far(vector, best):
            return UNKNOWN
        threshold = self.rule.thresholds[best]
        sure = threshold is not None and probabilities[best] >= threshold
        return ACCEPT if sure else REVIEW

    def _is_far(self, vector: Floats, predicted: int) -> bool:
        """Whether fewer than ``NEIGHBOUR`` training vectors are as near as the rule allows.

        The same as to compare the distance of that neighbour, but it may stop early.
        """
        references, unit = self._references, unit_rows(vector[None])[0]
        if references is None or self.rule.distance is None:
            return False
        wanted = min(NEIGHBOUR, len(references))
        least = 1 - self.rule.distance
        first, last = self.rule.starts[predicted : predicted + 2]
        parts = [
            *((start, min(start + _ROWS, last)) for start in range(first, last, _ROWS)),
            (0, first),
            (last, len(references)),
        ]
        found = 0
        for start, end in parts:
            found += int(np.count_nonzero(references[start:end] @ unit >= least))
            if found >= wanted:
                return False
        return True

    def nearest(self, vector: Floats, count: int) -> tuple[float, list[Near]]:
        """Return the image's distance, and the ``count`` nearest training vectors, nearest first.

        Raises ValueError where there are none.
        """
        if self._references is None or not self.has_references:
            raise ValueError("There are no training vectors.")
        cosines = self._references @ unit_rows(vector[None])[0]
        wanted = min(max(NEIGHBOUR, count), len(cosines))
        best = np.argpartition(-cosines, wanted - 1)[:wanted]
        best = best[np.argsort(-cosines[best], kind="stable")]
        far = best[min(NEIGHBOUR, len(cosines)) - 1]
        near = [Near(int(row), float(cosines[row])) for row in best[:count]]
        return max(0.0, float(1 - cosines[far])), near


def unit_rows(vectors: Floats) -> npt.NDArray[np.float32]:
    """Return vectors (n, width) with the length 1; one of zeros stays so."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def distances(vectors: Floats, references: Floats) -> npt.NDArray[np.float32]:
    """Return the distances (n,) of vectors (n, width) from ``references`` (m, width), m ≥ 1.

    One less the cosine to the ``NEIGHBOUR``-th nearest; references have the length 1.
    """
    place = len(references) - min(NEIGHBOUR, len(references))
    cosines = unit_rows(vectors) @ references.T
    return np.asarray(1 - np.partition(cosines, place, axis=1)[:, place], np.float32)
