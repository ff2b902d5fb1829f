"""Views: the squares of an image that a model sees, one for each of its inputs.

Most models have one, and its pixels are (n, size, size, 3). An ensemble whose members see squares
of several sizes has more; the pixels of an image's views then stand in one row, (n, all of them).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from classifier.engine.samples import Indices, Pixels, PixelStore, Rows
from common.fit import Fit


class View(NamedTuple):
    """A square of ``size`` pixels a side; ``fit`` is how images of other proportions become one."""

    size: int
    fit: Fit

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of its pixels."""
        return self.size, self.size, 3


Views = tuple[View, ...]


def shape_of(views: Views) -> tuple[int, ...]:
    """Return the shape of one image's pixels."""
    if len(views) == 1:
        return views[0].shape
    return (sum(3 * view.size**2 for view in views),)


def joined(pixels: Sequence[Pixels]) -> Pixels:
    """Return the pixels of images of the pixels (n, size, size, 3) of each of their views."""
    if len(pixels) == 1:
        return pixels[0]
    return np.concatenate([each.reshape(len(each), -1) for each in pixels], axis=1)


def parted(pixels: Pixels, views: Views) -> list[Pixels]:
    """Return the pixels (n, size, size, 3) of each view; undoes ``joined``."""
    if len(views) == 1:
        return [pixels]
    ends = np.cumsum([3 * view.size**2 for view in views])[:-1]
    parts = np.split(pixels, ends, axis=1)
    return [part.reshape(-1, *view.shape) for part, view in zip(parts, views, strict=True)]


def rows_of(
    store: PixelStore,
    contents: Sequence[str],
    views: Views,
    on_progress: Callable[[int, int], None],
) -> Rows:
    """Return the pixels of contents (SHA-256) as a model of these views takes them."""
    found = [store.rows(contents, view.size, view.fit, on_progress) for view in views]
    return found[0] if len(found) == 1 else _JoinedRows(found)


def pixels_in(store: PixelStore, contents: Sequence[str], views: Views) -> Pixels:
    """Return the pixels of a few contents."""
    if not contents:
        return np.empty((0, *shape_of(views)), np.uint8)
    rows = rows_of(store, contents, views, lambda done, total: None)
    return next(rows.batches(np.arange(len(contents)), len(contents)))


class _JoinedRows:
    """The same images in several views."""

    def __init__(self, views: Sequence[Rows]) -> None:
        self._views = views

    def __len__(self) -> int:
        return len(self._views[0])

    def batches(self, order: Indices, size: int) -> Iterator[Pixels]:
        """Yield the joined pixels; see ``Rows``."""
        for start in range(0, len(order), size):
            part = order[start : start + size]
            # One view is read to its end before the next: they may share what decodes them.
            yield joined([np.concatenate(list(rows.batches(part, size))) for rows in self._views])
