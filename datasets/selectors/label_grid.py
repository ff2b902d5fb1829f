"""What the label grid shows next: up to 60 images without a class, grouped by what they may be.

Which come first decides how little a person has to do. At first whole groups that look alike are
named, the tightest first: a key press teaches 60 images. Then the class with most suggestions, its
surest first, so that `Enter` alone confirms them; where no class fills a screen with sure ones, the
surest of all classes. What a person marked as wrong comes again under its next likely class.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from datasets.models import Dataset, Image
from datasets.selectors.images import images_of
from datasets.selectors.suggestions import NO_CLASS, Suggestions, suggestions_of

MOST = 60
# A screen is of one class where all of it is surer than that.
_SURE = 0.9
# So many rows are looked up at once: some have got a class since the fit.
_CHUNK = 240

Rows = npt.NDArray[np.integer]


class ScreenKind(StrEnum):
    """What the images of a screen have in common."""

    LOOK_ALIKES = "look_alikes"
    ONE_CLASS = "one_class"
    MIXED = "mixed"
    UNSORTED = "unsorted"


@dataclass(frozen=True)
class GridGroup:
    """Images that may be of one class, the surest first; None: nothing is suggested."""

    class_name: str | None
    images: list[Image]


@dataclass(frozen=True)
class GridScreen:
    """One screen, the largest group first; without groups there is nothing left to label."""

    kind: ScreenKind
    groups: list[GridGroup]


def grid_screen(dataset: Dataset, *, skip: int = 0, most: int = MOST) -> GridScreen:
    """Return the screen after the first `skip` ones, with up to `most` images."""
    found = suggestions_of(dataset.pk)
    screens = _Screens(dataset, found, most).all() if found is not None else iter(())
    screen = next(islice(screens, skip, None), None)
    return screen or _unsorted(dataset, skip, most)


def _free(dataset: Dataset) -> QuerySet[Image]:
    return images_of(dataset).filter(class_label=None, excluded_at=None)


class _Screens:
    def __init__(self, dataset: Dataset, found: Suggestions, most: int) -> None:
        self._dataset = dataset
        self._found = found
        self._most = most
        self._shown: set[uuid.UUID] = set()
        self._classes = _without_rejected(found)

    def all(self) -> Iterator[GridScreen]:
        """Yield one screen after the other, none of whose images was on one before."""
        yield from self._look_alikes()
        while screen := self._suggested():
            yield screen

    def _look_alikes(self) -> Iterator[GridScreen]:
        arrays = self._found.arrays
        for group in self._found.groups_to_name:
            rows = np.flatnonzero(arrays.group == group)
            rows = rows[np.argsort(-arrays.closeness[rows], kind="stable")][: self._most]
            images = self._images(rows)
            # Otherwise it has been named since the fit.
            if len(images) > len(rows) / 2:
                yield self._screen(ScreenKind.LOOK_ALIKES, images)

    def _suggested(self) -> GridScreen | None:
        arrays = self._found.arrays
        rows = np.flatnonzero(self._classes != NO_CLASS)
        rows = rows[np.argsort(-arrays.margin[rows], kind="stable")]
        sizes = np.bincount(self._classes[rows], minlength=1)
        one = self._images(rows[self._classes[rows] == sizes.argmax()])
        if len(one) == self._most and float(arrays.probability[one[-1][0]]) >= _SURE:
            return self._screen(ScreenKind.ONE_CLASS, one)
        images = self._images(rows)
        return self._screen(ScreenKind.MIXED, images) if images else None

    def _images(self, rows: Rows) -> list[tuple[int, Image]]:
        """Return the first images of these rows that are still without a class, with their rows."""
        found: list[tuple[int, Image]] = []
        for start in range(0, len(rows), _CHUNK):
            ids = {self._found.arrays.image_at(int(row)): int(row) for row in rows[start:][:_CHUNK]}
            wanted = [image_id for image_id in ids if image_id not in self._shown]
            images = _free(self._dataset).in_bulk(wanted)
            found += [(ids[each], images[each]) for each in wanted if each in images]
            if len(found) >= self._most:
                break
        return found[: self._most]

    def _screen(self, kind: ScreenKind, images: list[tuple[int, Image]]) -> GridScreen:
        self._shown |= {image.pk for _, image in images}
        groups: dict[str | None, list[Image]] = {}
        for row, image in sorted(images, key=lambda one: -self._found.arrays.margin[one[0]]):
            index = int(self._classes[row])
            name = None if index == NO_CLASS else self._found.class_names[index]
            groups.setdefault(name, []).append(image)
        ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
        return GridScreen(kind, [GridGroup(name, each) for name, each in ordered])


def _without_rejected(found: Suggestions) -> Rows:
    """Return the arrays' classes, without those that people ruled out or deleted since."""
    classes = found.arrays.class_index.copy()
    for index, name in enumerate(found.class_names):
        if name is None:
            classes[classes == index] = NO_CLASS
    for image_id, name in found.rejected:
        row = found.arrays.row_of(image_id)
        index = NO_CLASS if row is None else int(classes[row])
        if index != NO_CLASS and found.class_names[index] == name:
            classes[row] = NO_CLASS
    return classes


def _unsorted(dataset: Dataset, skip: int, most: int) -> GridScreen:
    images = list(_free(dataset)[skip * most : (skip + 1) * most])
    groups = [GridGroup(None, images)] if images else []
    return GridScreen(ScreenKind.UNSORTED, groups)


def count_unlabelled(dataset: Dataset) -> int:
    """Return how many images have no class, without those left out of new versions."""
    return _free(dataset).count()
