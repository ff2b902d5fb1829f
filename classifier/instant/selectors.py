"""What an instant model learns from: vectors, and the classes that people gave."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from datasets.models import Dataset, Image, InstantModel, SplitName
from datasets.selectors.division import tested_before
from datasets.selectors.vectors import vector_blocks, vector_source

# Of more images than this, the first in the order of their hashes get suggestions.
MOST_IMAGES = 100_000
# So many of each class are among those that teach, where there are.
_OF_EACH = 50


@dataclass(frozen=True)
class DatasetVectors:
    """A backbone's vectors (n, d) float16 of a dataset's images, as of `at`, by content."""

    embedding: str
    at: datetime | None
    ids: list[uuid.UUID]
    vectors: npt.NDArray[np.float16]

    @cached_property
    def row_of(self) -> dict[uuid.UUID, int]:
        """The row of each image."""
        return {image_id: row for row, image_id in enumerate(self.ids)}


@dataclass(frozen=True)
class Labels:
    """Which rows of the vectors have which class, and which of them may teach.

    `rows`, `labels` (index in `class_ids`) and `groups` (copies share one) run side by side.
    `has_class` (n,) covers all rows of the vectors. `held_out` counts images of kept test sets.
    """

    class_ids: list[uuid.UUID]
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    has_class: npt.NDArray[np.bool_]
    labelled: int
    held_out: int


def dataset_vectors(dataset: Dataset, at: datetime | None) -> DatasetVectors | None:
    """Return the backbone's vectors of a dataset's images; None where too few have one."""
    source = vector_source(dataset)
    if source.is_descriptor or not source.covered:
        return None
    ids: list[uuid.UUID] = []
    blocks = []
    for part, vectors in vector_blocks(dataset, source):
        ids += part
        blocks.append(vectors)
        if len(ids) >= MOST_IMAGES:
            break
    if not blocks:
        return None
    return DatasetVectors(source.name, at, ids, np.concatenate(blocks))


def labels_of(dataset: Dataset, found: DatasetVectors) -> Labels:
    """Return the classes of the images that have one; what versions test on teaches nothing.

    Nor does what is left out of new versions, nor what an archive's test folder held.
    """
    tested = tested_before(dataset)
    has_class = np.zeros(len(found.ids), bool)
    taught: list[tuple[int, uuid.UUID, object]] = []
    labelled = held_out = 0
    rows = Image.objects.alive().filter(dataset=dataset, class_label__isnull=False).order_by()
    columns = ("id", "class_label_id", "sha256", "split", "excluded_at", "fingerprint__group")
    for image_id, class_id, sha256, split, excluded_at, group in rows.values_list(*columns):
        row = found.row_of.get(image_id)
        if row is None:
            continue
        has_class[row] = True
        labelled += 1
        if split == SplitName.TEST or sha256 in tested:
            held_out += 1
        elif excluded_at is None:
            taught.append((row, class_id, group or sha256))
    return _chosen(sorted(taught, key=lambda each: each[0]), has_class, labelled, held_out)


def _chosen(
    taught: list[tuple[int, uuid.UUID, object]],
    has_class: npt.NDArray[np.bool_],
    labelled: int,
    held_out: int,
) -> Labels:
    class_ids = sorted({class_id for _, class_id, _ in taught})
    index = {class_id: number for number, class_id in enumerate(class_ids)}
    numbers: dict[object, int] = {}
    labels = np.array([index[class_id] for _, class_id, _ in taught], np.int64)
    groups = np.array([numbers.setdefault(group, len(numbers)) for *_, group in taught], np.int64)
    rows = np.array([row for row, *_ in taught], np.int64)
    kept = _first_of_each(labels)
    return Labels(class_ids, rows[kept], labels[kept], groups[kept], has_class, labelled, held_out)


def _first_of_each(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return which to learn from: all, or of too many the first, and 50 of each class."""
    if len(labels) <= InstantModel.MOST_LABELLED:
        return np.arange(len(labels))
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], labels[order])
    place = np.empty(len(labels), np.int64)
    place[order] = np.arange(len(labels)) - starts
    first = np.lexsort((np.arange(len(labels)), place >= _OF_EACH))
    return np.sort(first[: InstantModel.MOST_LABELLED])
