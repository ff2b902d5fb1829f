"""Images by how sure the instant model is of what it suggests for them.

The certainties are one array per dataset and fit. The images that it holds come first, by
probability, then by the logit before the next class, then by id; those without a suggestion after
them, newest first. A page names the image that it ended with and how sure the model was of it:
where another fit has taken the array's place since, the next page goes on from that certainty, so
an image may come twice or not at all.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite

import numpy as np
import numpy.typing as npt
from django.db.models import Q, QuerySet

from datasets.models import Image
from datasets.selectors.suggestions import (
    SuggestionArrays,
    Suggestions,
    is_one_of,
    suggestions_of,
)

LEAST_CERTAIN_FIRST = "suggested_probability"
SUREST_FIRST = "-suggested_probability"
ORDERINGS = (LEAST_CERTAIN_FIRST, SUREST_FIRST)
# Where the first of the array do not fill a page, so many ids are read and looked up in it.
_FEW = 5_000
_GROWTH = 4


@dataclass(frozen=True)
class Place:
    """Where an image stands: `sure` is (probability, margin), None without a suggestion."""

    image_id: uuid.UUID
    sure: tuple[float, float] | None
    created_at: datetime | None

    def __str__(self) -> str:
        if self.sure is not None:
            return f"{self.sure[0]!r}~{self.sure[1]!r}~{self.image_id}"
        return f"{self.created_at and self.created_at.isoformat()}~{self.image_id}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that `str` wrote; None for anything else."""
        *first, last = text.split("~")
        try:
            image_id = uuid.UUID(last)
            if len(first) == 2:
                place = cls(image_id, (float(first[0]), float(first[1])), None)
                sound = all(isfinite(value) for value in place.sure or ())
            else:
                moment = datetime.fromisoformat(first[0])
                place = cls(image_id, None, moment)
                sound = moment.utcoffset() == timedelta(0)
        except (ValueError, IndexError):
            return None
        return place if sound and str(place) == text else None


class ByCertainty:
    """The images of a dataset in this order; `images` are those that a gallery shows."""

    def __init__(self, images: QuerySet[Image], dataset_id: uuid.UUID, ordering: str) -> None:
        self._images = images
        self._surest_first = ordering == SUREST_FIRST
        self._found = suggestions_of(dataset_id)
        self._rows = self._in_order()

    def page(self, place: Place | None, count: int, *, backwards: bool = False) -> list[Image]:
        """Return up to `count` images after a place, or before it; in this order all the same."""
        in_array = place is not None and place.sure is not None
        if backwards:
            rows = [] if in_array or place is None else self._others(place, count, backwards)
            if len(rows) < count:
                rows += self._suggested(place if in_array else None, count - len(rows), backwards)
            return rows[::-1]
        rows = self._suggested(place, count, backwards) if in_array or place is None else []
        if len(rows) < count:
            rows += self._others(None if in_array else place, count - len(rows), backwards)
        return rows

    def place_of(self, image: Image) -> Place:
        """Return where an image stands."""
        row = None
        if self._found is not None and image.class_label_id is None:
            row = self._found.arrays.row_of(image.pk)
        if row is None or self._found is None or self._found.at(row) is None:
            return Place(image.pk, None, image.created_at)
        arrays = self._found.arrays
        return Place(image.pk, (float(arrays.probability[row]), float(arrays.margin[row])), None)

    def _in_order(self) -> npt.NDArray[np.int64]:
        """Return the rows of the arrays that have a suggestion, as they come."""
        if self._found is None:
            return np.empty(0, np.int64)
        rows = self._found.arrays.by_certainty
        rows = rows[suggested_rows(self._found)[rows]]
        return rows[::-1] if self._surest_first else rows

    def _from(self, place: Place | None, backwards: bool) -> npt.NDArray[np.int64]:
        """Return the rows after a place, nearest first, or with `backwards` those before it."""
        if place is None or place.sure is None or self._found is None:
            return self._rows[::-1] if backwards else self._rows
        arrays, (probability, margin) = self._found.arrays, place.sure
        sure, lead = arrays.probability[self._rows], arrays.margin[self._rows]
        ids, own = arrays.ids[self._rows], np.bytes_(place.image_id.bytes)
        same = sure == probability
        level = same & (lead == margin)
        less = (sure < probability) | (same & (lead < margin)) | (level & (ids < own))
        more = (sure > probability) | (same & (lead > margin)) | (level & (ids > own))
        kept = self._rows[more if self._surest_first == backwards else less]
        return kept[::-1] if backwards else kept

    def _suggested(self, place: Place | None, count: int, backwards: bool) -> list[Image]:
        if self._found is None:
            return []
        arrays, images = self._found.arrays, self._images.filter(class_label=None)
        rows = self._from(place, backwards)
        shown: list[Image] = []
        for start, chunk in _chunks(rows, 2 * count):
            if start and start <= 2 * count:
                ids = list(images.order_by().values_list("pk", flat=True)[: _FEW + 1])
                if len(ids) <= _FEW:
                    wanted = np.array([each.bytes for each in ids], "S16")
                    left = rows[start:]
                    left = left[np.isin(arrays.ids[left], wanted)]
                    return shown + _read(images, arrays, left[: count - len(shown)])
            shown += _read(images, arrays, chunk)
            if len(shown) >= count:
                break
        return shown[:count]

    def _others(self, place: Place | None, count: int, backwards: bool) -> list[Image]:
        """Return images without a suggestion, newest first, or from `place` back to the newest."""
        images = self._images
        if self._found is not None and len(self._rows):
            ids = self._found.arrays.ids[self._rows]
            images = images.filter(Q(class_label__isnull=False) | ~Q(is_one_of(ids)))
        at = place and place.created_at
        if place is not None and at is not None:
            newer = Q(created_at__gt=at) | Q(created_at=at, id__gt=place.image_id)
            older = Q(created_at__lt=at) | Q(created_at=at, id__lt=place.image_id)
            images = images.filter(newer if backwards else older)
        if backwards:
            images = images.order_by("created_at", "id")
        return list(images[:count])


def _read(
    images: QuerySet[Image], arrays: SuggestionArrays, rows: npt.NDArray[np.int64]
) -> list[Image]:
    """Return those of the rows' images that match, in the order of the rows."""
    ids = [arrays.image_at(int(row)) for row in rows]
    read = {image.pk: image for image in images.filter(pk__in=ids)}
    return [read[each] for each in ids if each in read]


def suggested_rows(found: Suggestions) -> npt.NDArray[np.bool_]:
    """Return (n,) which rows of the arrays have a suggestion that still stands."""
    named = np.zeros(1 << 16, bool)
    named[: len(found.class_names)] = [name is not None for name in found.class_names]
    kept = named[found.arrays.class_index]
    for image_id, _ in found.rejected:
        row = found.arrays.row_of(image_id)
        if row is not None and found.at(row) is None:
            kept[row] = False
    return kept


def _chunks(rows: npt.NDArray[np.int64], size: int) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    start = 0
    while start < len(rows):
        yield start, rows[start : start + size]
        start += size
        size *= _GROWTH
