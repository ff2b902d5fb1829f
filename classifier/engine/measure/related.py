"""What a class is related to: classes that it is mistaken for, and classes that look like it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.confusion import ConfusionMatrix

MISTAKEN, ALIKE = "mistaken", "alike"
MOST_RELATED = 3
# One mistake is no habit.
_MISTAKEN_AT_LEAST = 2
_MOST_ALIKE = 2
# The nearest of classes that have little in common look no more like it than the others.
_LEAST_COSINE = 0.5
# More are not compared with each other: a million pairs of 2,000 numbers take a tenth of a second.
_MOST_COMPARED = 2_000

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class RelatedClass:
    """A class related to another, and ``why``: mistaken, alike or both.

    ``mistaken``: how many measured images were answered as the other and truly are of this one;
    ``cosine``: of the means of both classes' training vectors. None where it is no reason.
    """

    class_name: str
    why: tuple[str, ...]
    mistaken: int | None
    cosine: float | None


def mistaken_for(matrix: ConfusionMatrix) -> dict[str, dict[str, int]]:
    """Return for each answered class what such images truly were instead, the most frequent first.

    From two images on, three classes at most.
    """
    names = matrix.class_names
    found: dict[str, dict[str, int]] = {}
    for true, predicted, count in matrix.mistakes:
        others = found.setdefault(names[predicted], {})
        if count >= _MISTAKEN_AT_LEAST and len(others) < MOST_RELATED:
            others[names[true]] = count
    return found


def alike(
    vectors: Floats, labels: npt.NDArray[np.int64], class_names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return for each class the two whose mean vectors are nearest, with cosines of at least 0.5.

    ``vectors`` (n, width) have the length 1, ``labels`` (n,) index ``class_names``. Nothing with
    fewer than three classes, where the nearest says nothing, or with more than 2,000.
    """
    present = np.unique(labels)
    if not 2 < len(present) <= _MOST_COMPARED:
        return {}
    means = np.stack([vectors[labels == index].mean(axis=0) for index in present])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    cosines = means @ means.T
    np.fill_diagonal(cosines, -2)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :_MOST_ALIKE]
    return {
        class_names[present[row]]: {
            class_names[present[other]]: round(float(cosines[row, other]), 4)
            for other in others
            if cosines[row, other] >= _LEAST_COSINE
        }
        for row, others in enumerate(nearest.tolist())
    }


def related(mistaken: Mapping[str, int], near: Mapping[str, float]) -> tuple[RelatedClass, ...]:
    """Return the related classes of one: first what it is mistaken for, then what is alike."""
    names = [*mistaken, *(name for name in near if name not in mistaken)]
    return tuple(
        RelatedClass(
            class_name=name,
            why=(MISTAKEN,) * (name in mistaken) + (ALIKE,) * (name in near),
            mistaken=mistaken.get(name),
            cosine=near.get(name),
        )
        for name in names[:MOST_RELATED]
    )
