"""Batches of labelled inputs: pixels of images, or what was computed from them."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifier.engine.samples import Indices, Rows, Sample, labels_of
from classifier.engine.subgroups import Weights

Batch = tuple[npt.NDArray[Any], Indices]


class Source(Protocol):
    """Labelled inputs of one shape that come in any order asked for."""

    @property
    def labels(self) -> Indices:
        """The class index of each sample (n,)."""

    @property
    def weights(self) -> Weights | None:
        """How much each sample counts in training (n,); None: all alike."""

    def __len__(self) -> int: ...

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (inputs, class indices) of the samples in ``order``, ``size`` at a time.

        The last batch holds what is left.
        """


class Arrays:
    """Inputs that lie in memory: features."""

    def __init__(
        self, inputs: npt.NDArray[Any], labels: Indices, weights: Weights | None = None
    ) -> None:
        self.inputs = inputs
        self.labels = labels
        self.weights = weights

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (inputs, class indices); see ``Source``."""
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            yield self.inputs[chosen], self.labels[chosen]


def joined_arrays(parts: Sequence[Arrays]) -> Arrays:
    """Return the samples of the parts, one after the other; all are weighed, or none."""
    weights = [part.weights for part in parts if part.weights is not None]
    return Arrays(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(weights) if weights else None,
    )


class Images:
    """Samples whose pixels are some of ``rows``, those from row ``first`` on."""

    def __init__(
        self, rows: Rows, first: int, samples: Sequence[Sample], weights: Weights | None = None
    ) -> None:
        self._rows = rows
        self._first = first
        self.labels = labels_of(samples)
        self.weights = weights

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (pixels, class indices); see ``Source``."""
        done = 0
        for pixels in self._rows.batches(order + self._first, size):
            yield pixels, self.labels[order[done : done + len(pixels)]]
            done += len(pixels)
