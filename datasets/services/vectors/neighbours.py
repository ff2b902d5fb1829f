"""Which images of a dataset look like one of them."""

import uuid
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from common.copy_binary import read_binary
from datasets.analysis.descriptor import DESCRIPTOR_NAME
from datasets.analysis.shortlist import nearest_to
from datasets.models import DatasetVersion, Image, Split
from datasets.selectors.vectors import VectorSource, has_vector, vector_source
from datasets.services.vectors.vector_index import VectorIndex, build_index, open_index

MOST = 50
# Some of the nearest may lie in the trash by now.
_SPARE = 14
_FARTHEST = 1_000
# Splits of versions whose images a web process remembers, at 8 bytes each.
_REMEMBERED = 8
_IMAGES = """
SELECT image_id FROM datasets_sample WHERE version_id = %(version)s AND split = %(split)s
"""

Ids = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class LookAlikes:
    """Images with their cosine to the one asked about, -1..1, nearest first; `embedding` made them.

    `known` is False while the image itself has no vector yet.
    """

    embedding: str
    known: bool
    images: list[tuple[Image, float]]

    @property
    def by_backbone(self) -> bool:
        """Whether a backbone's vectors were compared, not Loupe's own small descriptors."""
        return self.known and self.embedding != DESCRIPTOR_NAME


def look_alikes(image: Image, count: int) -> LookAlikes:
    """Return up to `count` images of the same dataset, most alike first.

    Makes the dataset's index when there is none, or none with this image, which takes some seconds
    for 60,000 images.
    """
    return _look_alikes(image, count, None)


def look_alikes_in(image: Image, version: DatasetVersion, split: Split, count: int) -> LookAlikes:
    """Return, as `look_alikes`, images that a version of the same dataset has in a split."""
    return _look_alikes(image, count, _ids_in(version.pk, split))


def _look_alikes(image: Image, count: int, among: Ids | None) -> LookAlikes:
    dataset = image.dataset
    source = vector_source(dataset)
    index = open_index(dataset, source)
    row = index.row_of(image.pk) if index is not None else None
    if row is None and has_vector(image, source):
        index = _built_once(image, source)
        row = index.row_of(image.pk) if index is not None else None
    if index is None or row is None:
        return LookAlikes(source.name, False, [])
    rows = None if among is None else index.among(among)
    return LookAlikes(source.name, True, _nearest_in_use(index, row, count, rows))


def _built_once(image: Image, source: VectorSource) -> VectorIndex | None:
    """Return a new index; of several who ask at once, one makes it and the others wait."""
    with transaction.atomic(), connection.cursor() as cursor:
        key = int.from_bytes(image.dataset_id.bytes[:8], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        index = open_index(image.dataset, source)
        if index is not None and index.row_of(image.pk) is not None:
            return index
        return build_index(image.dataset, source)


@lru_cache(maxsize=_REMEMBERED)
def _ids_in(version_id: uuid.UUID, split: Split) -> Ids:
    """Return the first halves of the ids of a split's images; a version never changes."""
    asked = {"version": str(version_id), "split": split.value}
    rows = read_binary(_IMAGES, asked, [("image", "u1", 16)])
    return np.ascontiguousarray(rows["image"][:, :8]).view(np.uint64)[:, 0]


def _nearest_in_use(
    index: VectorIndex, row: int, count: int, among: npt.NDArray[np.bool_] | None
) -> list[tuple[Image, float]]:
    """Return the nearest images that are still there; the index may hold others.

    They are looked for among the nearest thousand or so.
    """
    wanted = count + _SPARE
    while True:
        found = nearest_to(row, index.components, index.units, wanted, among)
        ids = [index.id_at(int(each)) for each in found.indices]
        images = Image.objects.alive().select_related("class_label").in_bulk(ids)
        near = [
            (images[image_id], float(cosine))
            for image_id, cosine in zip(ids, found.cosines, strict=True)
            if image_id in images
        ]
        if len(near) >= count or len(ids) < wanted or wanted > _FARTHEST:
            return near[:count]
        wanted *= 8
