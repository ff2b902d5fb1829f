"""Batches of labelled inputs: pixels of images, or what was computed from them."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy.typing as npt

from classifier.engine.samples import Indices, Rows, Sample, labels_of

Batch = tuple[npt.NDArray[Any], Indices]


class Source(Protocol):
    """Labelled inputs of one shape that come in any order asked for."""

    @property
    def labels(self) -> Indices:
        """The class index of each sample (n,)."""

    def __len__(self) -> int: ...

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (inputs, class indices) of the samples in ``order``, ``size`` at a time.

        The last batch holds what is left.
        """


class Arrays:
    """Inputs that lie in memory: features."""

    def __init__(self, inputs: npt.NDArray[Any], labels: Indices) -> None:
        self.inputs = inputs
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (inputs, class indices); see ``Source``."""
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            yield self.inputs[chosen], self.labels[chosen]


class Images:
    """Samples whose pixels are some of ``rows``, those from row ``first`` on."""

    def __init__(self, rows: Rows, first: int, samples: Sequence[Sample]) -> None:
        self._rows = rows
        self._first = first
        self.labels = labels_of(samples)

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (pixels, class indices); see ``Source``."""
        done = 0
        for pixels in self._rows.batches(order + self._first, size):
            yield pixels, self.labels[order[done : done + len(pixels)]]
            done += len(pixels)
