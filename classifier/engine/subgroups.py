"""Reweighting: weights of images by which class and subgroup are independent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import BadData

Weights = npt.NDArray[np.float32]
_TOLD = 20
NO_VALUE = "no value"


class _Cells(NamedTuple):
    """Samples by cell: subgroup and class of each (n,), images of each cell (subgroups, classes).

    ``present`` are the classes that have an image, ``names`` the subgroups'.
    """

    names: list[str]
    groups: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    present: npt.NDArray[np.int64]

    def weights(self) -> npt.NDArray[np.float64]:
        """Return the weight of each cell (subgroups, classes), 0 where there is no image."""
        expected = np.outer(self.counts.sum(axis=1), self.counts.sum(axis=0)) / len(self.groups)
        found = np.zeros(self.counts.shape)
        return np.divide(expected, self.counts, out=found, where=self.counts > 0)


@dataclass(frozen=True)
class Subgroups:
    """Which subgroup an image is in, by one ``column`` of metadata, or of facts of the images.

    ``of`` has the subgroup of each sample (content, class index), empty where it has no value.
    """

    column: str
    class_names: Sequence[str]
    of: Mapping[tuple[str, int], str]

    def check(self, samples: Sequence[tuple[str, int]]) -> None:
        """Raise BadData where no weights can make class and subgroup independent.

        That is where there is one subgroup alone, or no image of a class in one of them.
        """
        cells = self._cells(samples)
        if len(cells.names) < 2:
            raise BadData(
                f"Reweighting compares subgroups; all train images have the same {self.column}.",
                "Choose another column, or leave reweight_by empty.",
            )
        empty = np.argwhere(cells.counts[:, cells.present] == 0)
        if len(empty):
            group, place = empty[0]
            name = self.class_names[int(cells.present[place])]
            more = f" (and {len(empty) - 1:,} more such pairs)" if len(empty) > 1 else ""
            raise BadData(
                f"No train image of {name!r} has {self.column} {_shown(cells.names[group])}{more}: "
                "no weight can make class and subgroup independent without one.",
                "Add and label such images, choose another column, or leave reweight_by empty.",
            )

    def weights(self, samples: Sequence[tuple[str, int]]) -> Weights:
        """Return how much each sample counts (n,), 1 on average.

        An image of subgroup g and class c counts n(g) · n(c) / (n · n(g, c)): under these weights
        the share of each class is the same in every subgroup, and classes and subgroups are as
        frequent as they were ("Reweighing", F. Kamiran and T. Calders, "Data preprocessing
        techniques for classification without discrimination", 2012).
        """
        cells = self._cells(samples)
        return cells.weights()[cells.groups, cells.classes].astype(np.float32)

    def told(self, samples: Sequence[tuple[str, int]]) -> dict[str, Any]:
        """Return what a run says of it: the cells whose images count most and least, as JSON."""
        cells = self._cells(samples)
        weights = cells.weights()
        pairs = [(int(group), int(index)) for group, index in np.argwhere(cells.counts > 0)]
        pairs.sort(key=lambda pair: -weights[pair])
        kept = pairs if len(pairs) <= _TOLD else pairs[: _TOLD // 2] + pairs[-_TOLD // 2 :]
        return {
            "column": self.column,
            "cells": [
                {
                    "subgroup": cells.names[group],
                    "class_name": self.class_names[index],
                    "images": int(cells.counts[group, index]),
                    "weight": float(weights[group, index]),
                }
                for group, index in kept
            ],
            "hidden": len(pairs) - len(kept),
        }

    def _cells(self, samples: Sequence[tuple[str, int]]) -> _Cells:
        values = [self.of[sample] for sample in samples]
        names = sorted(set(values))
        place = {name: number for number, name in enumerate(names)}
        groups = np.array([place[value] for value in values], np.int64)
        classes = np.array([index for _, index in samples], np.int64)
        width = len(self.class_names)
        cells = np.bincount(groups * width + classes, minlength=len(names) * width)
        counts = cells.reshape(len(names), width)
        return _Cells(names, groups, classes, counts, np.flatnonzero(counts.sum(axis=0)))


def _shown(name: str) -> str:
    return repr(name) if name else NO_VALUE
