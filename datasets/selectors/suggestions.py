"""Reading what the instant model suggests for images that have no class."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from datasets.models import BulkAction, BulkEdit, ClassLabel, Image, InstantModel

NO_CLASS = 0xFFFF
# Arrays of so many datasets stay in a process: 1.3 MB each for 60,000 images.
_KEPT = 8
_COLUMNS = ("image_ids", "class_index", "probability", "margin", "group", "closeness")


@dataclass(frozen=True)
class Suggestion:
    """A class for an image, and how probable it is, 0..1."""

    class_name: str
    probability: float


@dataclass(frozen=True)
class SuggestionArrays:
    """The arrays of one fit, side by side; `ids` are bytes, in their order."""

    ids: npt.NDArray[np.bytes_]
    class_index: npt.NDArray[np.uint16]
    probability: npt.NDArray[np.float32]
    margin: npt.NDArray[np.float32]
    group: npt.NDArray[np.uint16]
    closeness: npt.NDArray[np.float32]

    @cached_property
    def by_certainty(self) -> npt.NDArray[np.int64]:
        """All places, the least certain first; of equals by margin, then by id."""
        return np.lexsort((self.margin, self.probability))

    def row_of(self, image_id: uuid.UUID) -> int | None:
        """Return the place of an image; None for one that had a class, or no vector."""
        place = int(np.searchsorted(self.ids, np.bytes_(image_id.bytes)))
        return place if place < len(self.ids) and self.image_at(place) == image_id else None

    def image_at(self, row: int) -> uuid.UUID:
        """Return the image at a place."""
        # NumPy leaves out the zeros at the end of bytes.
        return uuid.UUID(bytes=self.ids[row].ljust(16, b"\0"))


@dataclass(frozen=True)
class Suggestions:
    """What one fit suggests: `class_names` (None: deleted since) beside the arrays' class_index.

    `rejected`: what people said an image is not, as (image, class name).
    """

    arrays: SuggestionArrays
    class_names: list[str | None]
    groups_to_name: list[int]
    rejected: frozenset[tuple[uuid.UUID, str]]

    def of(self, image_id: uuid.UUID) -> Suggestion | None:
        """Return what is suggested for an image that has no class, if anything."""
        row = self.arrays.row_of(image_id)
        return None if row is None else self.at(row)

    def at(self, row: int) -> Suggestion | None:
        """Return what is suggested at a place of the arrays."""
        index = int(self.arrays.class_index[row])
        name = None if index == NO_CLASS else self.class_names[index]
        if name is None or (self.arrays.image_at(row), name) in self.rejected:
            return None
        return Suggestion(name, round(float(self.arrays.probability[row]), 4))


def suggestions_of(dataset_id: uuid.UUID) -> Suggestions | None:
    """Return what is suggested for a dataset's images; None before there was a fit."""
    found = InstantModel.objects.filter(dataset=dataset_id, fitted_at__isnull=False)
    while facts := found.values_list("fitted_at", "class_ids", "groups_to_name").first():
        fitted_at, class_ids, groups_to_name = facts
        # None: another fit has taken its place just now.
        if (arrays := _arrays(dataset_id, fitted_at)) is not None:
            names = dict(ClassLabel.objects.filter(pk__in=class_ids).values_list("pk", "name"))
            return Suggestions(
                arrays=arrays,
                class_names=[names.get(class_id) for class_id in class_ids],
                groups_to_name=list(groups_to_name),
                rejected=frozenset(rejections_of(dataset_id)),
            )
    return None


def rejections_of(dataset_id: uuid.UUID) -> Collection[tuple[uuid.UUID, str]]:
    """Return what people said that images are not, as (image, class name); undone ones not."""
    edits = BulkEdit.objects.filter(
        dataset=dataset_id, action=BulkAction.RELABEL, undone_at=None
    ).exclude(rejected_ids=[])
    return [
        (image_id, name)
        for name, ids in edits.values_list("class_name", "rejected_ids")
        for image_id in ids
    ]


def with_suggested_class(
    images: QuerySet[Image], dataset_id: uuid.UUID, class_name: str
) -> QuerySet[Image]:
    """Keep the images that have no class and of which this one is suggested."""
    found = suggestions_of(dataset_id)
    if found is None or class_name not in found.class_names:
        return images.none()
    rows = np.flatnonzero(found.arrays.class_index == found.class_names.index(class_name))
    rejected = {image_id.bytes for image_id, name in found.rejected if name == class_name}
    ids = found.arrays.ids[rows]
    kept = ids[~np.isin(ids, np.array(list(rejected), "S16"))]
    return images.filter(Q(class_label=None), is_one_of(kept))


def is_one_of(ids: npt.NDArray[np.bytes_]) -> Func:
    """Whether the id is among these: one value, as 60,000 parameters take a second to write."""
    digits = np.array(ids, "S16").tobytes().hex()
    text = ",".join(digits[start : start + 32] for start in range(0, len(digits), 32))
    return Func(
        F("id"),
        Value(f"{{{text}}}"),
        template="(%(expressions)s::uuid[]))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def suggested_counts(dataset_id: uuid.UUID) -> list[tuple[str, int]]:
    """Return how many images the last fit suggested each class for, the most frequent first."""
    found = suggestions_of(dataset_id)
    if found is None:
        return []
    given = found.arrays.class_index[found.arrays.class_index != NO_CLASS]
    counts = np.bincount(given, minlength=len(found.class_names)).tolist()
    named = [(name, n) for name, n in zip(found.class_names, counts, strict=True) if name and n]
    return sorted(named, key=lambda each: (-each[1], each[0]))


@lru_cache(maxsize=_KEPT)
def _arrays(dataset_id: uuid.UUID, fitted_at: datetime) -> SuggestionArrays | None:
    """Return the arrays of this fit; None where it is no longer kept."""
    found = InstantModel.objects.filter(dataset=dataset_id, fitted_at=fitted_at)
    columns = found.values_list(*_COLUMNS).first()
    if columns is None:
        return None
    ids, classes, probability, margin, group, closeness = (bytes(column) for column in columns)
    return SuggestionArrays(
        ids=np.frombuffer(ids, "S16"),
        class_index=np.frombuffer(classes, "<u2"),
        probability=np.frombuffer(probability, "<f2").astype(np.float32),
        margin=np.frombuffer(margin, "<f2").astype(np.float32),
        group=np.frombuffer(group, "<u2"),
        closeness=np.frombuffer(closeness, "<f2").astype(np.float32),
    )
