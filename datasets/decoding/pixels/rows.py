"""Pixels of many images that come in any order asked for: `classifier.engine`'s `Rows`."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from common.digests import Digests
from common.fit import Fit
from datasets.decoding.pixels.decoders import PixelDecoders
from datasets.decoding.pixels.messages import Faults, Pixels
from datasets.errors import UnreadableImages

Order = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]


class HasPixels(Protocol):
    """A block, or a pack: `pixels` (n, size, size, 3)."""

    @property
    def pixels(self) -> Pixels:
        """What its rows are."""


class KeptRows:
    """Rows of packs and blocks that are open as long as this is."""

    def __init__(self, kept: Sequence[HasPixels], where: Numbers, rows: Numbers, size: int) -> None:
        """`where` (n,) says for each image which of `kept` has it, `rows` (n,) in which row."""
        self._kept = kept
        self._where = where
        self._rows = rows
        self._size = size

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self, order: Order, size: int) -> Iterator[Pixels]:
        """Yield pixels (n, side, side, 3) of the images in `order`, `size` at a time."""
        for start in range(0, len(order), size):
            yield self._copied(order[start : start + size])

    def _copied(self, chosen: Order) -> Pixels:
        pixels = np.empty((len(chosen), self._size, self._size, 3), np.uint8)
        places = zip(self._where[chosen].tolist(), self._rows[chosen].tolist(), strict=True)
        for number, (where, row) in enumerate(places):
            pixels[number] = self._kept[where].pixels[row]
        return pixels


class StreamedRows:
    """Rows that are decoded each time, in blocks ahead of the reader, and kept nowhere."""

    def __init__(
        self, contents: Sequence[str], size: int, fit: Fit, decoders: PixelDecoders
    ) -> None:
        self._contents = Digests.of(contents)
        self._size = size
        self._fit = fit
        self._decoders = decoders

    def __len__(self) -> int:
        return len(self._contents)

    def batches(self, order: Order, size: int) -> Iterator[Pixels]:
        """Yield as `KeptRows` does; raises `UnreadableImages`."""
        chosen = self._contents.take(order)
        for block in self._decoders.blocks(chosen, self._size, self._fit, multiple_of=size):
            require_readable(block.faults)
            for start in range(0, len(block.pixels), size):
                yield block.pixels[start : start + size]


def require_readable(faults: Faults) -> None:
    """Raise `UnreadableImages` with those that cannot be decoded, if there are any."""
    if faults:
        raise UnreadableImages(faults)
