"""The images a training learns from."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import BadData
from common.fit import Fit

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
# The SHA-256 of an image file, and the index of its class.
Sample = tuple[str, int]


class Rows(Protocol):
    """Pixels of many images that come in any order asked for."""

    def __len__(self) -> int: ...

    def batches(self, order: Indices, size: int) -> Iterator[Pixels]:
        """Yield pixels (n, side, side, 3), 0..255, of the images in ``order``, ``size`` at a time.

        The last batch holds what is left.
        """


class PixelStore(Protocol):
    """Knows the pixels of contents: the engine opens no image file."""

    def rows(
        self,
        contents: Sequence[str],
        size: int,
        fit: Fit,
        on_progress: Callable[[int, int], None],
    ) -> Rows:
        """Return the pixels of the contents (SHA-256), ``size`` their side.

        ``fit`` is how an image of other proportions becomes such a square.

        ``on_progress(done, total)`` counts what has to be decoded first, and may raise to stop.
        """


def pixels_of(store: PixelStore, contents: Sequence[str], size: int, fit: Fit) -> Pixels:
    """Return the pixels (n, size, size, 3) of a few contents."""
    if not contents:
        return np.empty((0, size, size, 3), np.uint8)
    rows = store.rows(contents, size, fit, lambda done, total: None)
    return next(rows.batches(np.arange(len(contents)), len(contents)))


@dataclass(frozen=True, kw_only=True)
class TrainingSamples:
    """Images and the indices of their classes; the test split is never among them.

    ``validation`` chooses the best epoch; empty, the last epoch counts as the best. ``pixels``
    knows what the images look like. ``unlabelled`` are contents without a class for self-training;
    none of them, and no copy of one, is in a split that is measured on.
    """

    train: Sequence[Sample]
    validation: Sequence[Sample]
    pixels: PixelStore
    unlabelled: Sequence[str] = ()

    def check(self, class_names: Sequence[str]) -> None:
        """Raise BadData where nothing can be learned: no image, or images of one class alone."""
        if not self.train:
            raise BadData("The train split is empty.", "Freeze a version with more images.")
        counts = Counter(index for _, index in (*self.train, *self.validation))
        outside = [index for index in counts if not 0 <= index < len(class_names)]
        if outside:
            raise BadData(
                f"Class indices must be from 0 to {len(class_names) - 1}; "
                f"received {sorted(outside)[0]}."
            )
        present = {index for _, index in self.train}
        if len(present) < 2:
            only = class_names[next(iter(present))]
            raise BadData(
                f"Training needs images of at least two classes; the train split has only "
                f"{only!r}.",
                "Add images of another class, then freeze a new version.",
            )
