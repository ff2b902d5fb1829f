"""The images a training learns from."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, overload

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import BadData
from classifier.engine.subgroups import Subgroups, Weights
from common.digests import Digests
from common.fit import Fit

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
# The SHA-256 of an image file, and the index of its class.
Sample = tuple[str, int]


class Samples(Sequence[Sample]):
    """Samples in little room: 40 bytes each, where a list of pairs takes two hundred."""

    def __init__(self, contents: Digests, labels: Indices) -> None:
        """``labels`` (n,) are the class indices of the ``contents``."""
        self.contents = contents
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> "Samples": ...
    def __getitem__(self, place: int | slice) -> "Sample | Samples":
        if isinstance(place, slice):
            return Samples(self.contents[place], self.labels[place])
        return self.contents[place], int(self.labels[place])

    def __iter__(self) -> Iterator[Sample]:
        return zip(self.contents, (int(label) for label in self.labels), strict=True)


def labels_of(samples: Sequence[Sample]) -> Indices:
    """Return the class indices (n,)."""
    if isinstance(samples, Samples):
        return samples.labels
    return np.array([index for _, index in samples], np.int64)


def contents_of(samples: Sequence[Sample]) -> Sequence[str]:
    """Return the contents, in the order of the samples."""
    if isinstance(samples, Samples):
        return samples.contents
    return [content for content, _ in samples]


def joined_samples(first: Sequence[Sample], second: Sequence[Sample]) -> Sequence[Sample]:
    """Return the samples of both, one after the other; small where the first are."""
    if not isinstance(first, Samples):
        return [*first, *second]
    contents = first.contents + Digests.of(contents_of(second))
    return Samples(contents, np.concatenate([first.labels, labels_of(second)]))


def _without(samples: Sequence[Sample], contents: Collection[str]) -> Sequence[Sample]:
    """Return the samples of other contents; small where those are."""
    kept = [place for place, name in enumerate(contents_of(samples)) if name not in contents]
    if isinstance(samples, Samples):
        return Samples(samples.contents.take(np.array(kept, np.int64)), samples.labels[kept])
    return [samples[place] for place in kept]


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
    none of them, and no copy of one, is in a split that is measured on. ``subgroups`` weigh the
    train split, where the settings name a column.
    """

    train: Sequence[Sample]
    validation: Sequence[Sample]
    pixels: PixelStore
    unlabelled: Sequence[str] = ()
    subgroups: Subgroups | None = None

    @cached_property
    def weights(self) -> Weights | None:
        """How much each train sample counts (n,); None where all count alike."""
        return None if self.subgroups is None else self.subgroups.weights(self.train)

    @property
    def weights_digest(self) -> str:
        """The SHA-256 of the weights: facts of images may be measured later. Empty without any."""
        return "" if self.weights is None else hashlib.sha256(self.weights.tobytes()).hexdigest()

    def without(self, contents: Collection[str]) -> "TrainingSamples":
        """Return the samples without those of these contents."""
        return replace(
            self,
            train=_without(self.train, contents),
            validation=_without(self.validation, contents),
            unlabelled=[content for content in self.unlabelled if content not in contents],
        )

    def check(self, class_names: Sequence[str], column: str = "") -> None:
        """Raise BadData where nothing can be learned: no image, or images of one class alone.

        ``column`` is the one whose subgroups the settings weigh; then also where that cannot be.
        """
        if column and (self.subgroups is None or self.subgroups.column != column):
            raise ValueError(f"these samples are not divided by {column}")
        if not self.train:
            raise BadData("The train split is empty.", "Freeze a version with more images.")
        labels = labels_of(self.train)
        every = np.unique(np.concatenate([labels, labels_of(self.validation)]))
        outside = every[(every < 0) | (every >= len(class_names))]
        if len(outside):
            raise BadData(
                f"Class indices must be from 0 to {len(class_names) - 1}; received {outside[0]}."
            )
        present = np.unique(labels)
        if len(present) < 2:
            only = class_names[present[0]]
            raise BadData(
                f"Training needs images of at least two classes; the train split has only "
                f"{only!r}.",
                "Add images of another class, then freeze a new version.",
            )
        if self.subgroups is not None:
            self.subgroups.check(self.train)
