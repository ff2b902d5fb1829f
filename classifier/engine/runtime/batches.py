"""Batches of pixels: from memory where the images fit, from the files where they don't."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import BadData
from classifier.engine.samples import Sample
from common.imaging import ImageRejected
from common.pixels import Pixels, read_pixels

Indices = npt.NDArray[np.int64]
Batch = tuple[npt.NDArray[Any], Indices]
_AHEAD_BATCHES = 4


class Source(Protocol):
    """Labelled inputs of one shape that come in any order asked for."""

    def __len__(self) -> int: ...

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (inputs, class indices) of the samples in ``order``, ``size`` at a time.

        The last batch holds what is left.
        """


class Arrays:
    """Inputs that lie in memory: decoded pixels, or features."""

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


class ImageFiles:
    """Image files decoded as they are needed, a few batches ahead, on as many threads as cores."""

    def __init__(self, samples: Sequence[Sample], image_size: int) -> None:
        self.samples = samples
        self.image_size = image_size

    def __len__(self) -> int:
        return len(self.samples)

    def batches(self, order: Indices, size: int) -> Iterator[Batch]:
        """Yield (inputs, class indices); see ``Source``."""
        starts = range(0, len(order), size)
        pending: deque[tuple[Indices, list[Future[Pixels]]]] = deque()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            try:
                for start in starts:
                    chosen = order[start : start + size]
                    pending.append((chosen, [pool.submit(self._read, int(i)) for i in chosen]))
                    if len(pending) > _AHEAD_BATCHES:
                        yield self._collect(*pending.popleft())
                while pending:
                    yield self._collect(*pending.popleft())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def in_memory(self, progress: Callable[[int, int], None]) -> Arrays:
        """Decode every image once; ``progress(done, total)`` is told after every few."""
        shape = (len(self), self.image_size, self.image_size, 3)
        pixels = np.empty(shape, dtype=np.uint8)
        labels = np.empty(len(self), dtype=np.int64)
        done = 0
        for part, part_labels in self.batches(np.arange(len(self)), 64):
            pixels[done : done + len(part)] = part
            labels[done : done + len(part)] = part_labels
            done += len(part)
            progress(done, len(self))
        return Arrays(pixels, labels)

    def _read(self, index: int) -> Pixels:
        path, _ = self.samples[index]
        try:
            return read_pixels(path, self.image_size)
        except FileNotFoundError:
            raise _unreadable(path, "The file is missing.") from None
        except ImageRejected as error:
            raise _unreadable(path, error.detail) from error

    def _collect(self, chosen: Indices, pixels: list[Future[Pixels]]) -> Batch:
        labels = np.array([self.samples[int(i)][1] for i in chosen], dtype=np.int64)
        return np.stack([future.result() for future in pixels]), labels


def _unreadable(path: Path, reason: str) -> BadData:
    return BadData(
        f"The image file {path.name} can no longer be read. {reason}",
        "Restore the file from a backup or freeze a version without it.",
    )
