"""Pixels of the tests' own image files: a content is a path."""

from pathlib import Path

import numpy as np

from common.pixels import read_pixels


class FilePixels:
    """Satisfies `classifier.engine.samples.PixelStore`."""

    def rows(
        self, contents, size, fit="stretch", on_progress=lambda done, total: None
    ) -> "FileRows":
        pixels = np.empty((len(contents), size, size, 3), np.uint8)
        for number, path in enumerate(contents):
            pixels[number] = read_pixels(Path(path), size, fit)
            on_progress(number + 1, len(contents))
        return FileRows(pixels)


class FileRows:
    """Satisfies `classifier.engine.samples.Rows`."""

    def __init__(self, pixels) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def batches(self, order, size):
        for start in range(0, len(order), size):
            yield self._pixels[order[start : start + size]]
