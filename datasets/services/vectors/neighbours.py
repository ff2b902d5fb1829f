"""Which images of a dataset look like one of them."""

import uuid
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from common.copy_binary import read_binary
from datasets.analysis.cells import WORTH_CELLS
from datasets.analysis.descriptor import DESCRIPTOR_NAME
from datasets.analysis.directions import directions
from datasets.analysis.shortlist import nearest_to
from datasets.models import Dataset, DatasetVersion, Image, Split
from datasets.selectors.datasets import image_count
from datasets.selectors.vectors import VectorSource, has_vector, vector_source, vectors_of
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
Floats = npt.NDArray[np.float32]


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
    for 60,000 images. From 100,000 on an index is made again once 1 % came or went (by the job that
    embeds, or here where it has not): until then the newest are compared with the others by their
    own vector, and are not among the answers.
    """
    return _look_alikes(image, count, None)


def look_alikes_in(image: Image, version: DatasetVersion, split: Split, count: int) -> LookAlikes:
    """Return, as `look_alikes`, images that a version of the same dataset has in a split."""
    return _look_alikes(image, count, _ids_in(version.pk, split))


def _look_alikes(image: Image, count: int, among: Ids | None) -> LookAlikes:
    source, index = _index_of(image.dataset)
    asked = None if index is None else _unit_of(image, source, index)
    if asked is None and has_vector(image, source):
        index = _built_once(image, source)
        asked = None if index is None else _unit_of(image, source, index)
    if index is None or asked is None:
        return LookAlikes(source.name, False, [])
    return LookAlikes(source.name, True, _nearest_in_use(image, index, asked, count, among))


def _index_of(dataset: Dataset) -> tuple[VectorSource, VectorIndex | None]:
    """Return what the dataset's images are compared by, and its index if there is one.

    To count which of a million images have a vector takes seconds: where the index of the dataset's
    own space has as many rows as there are images, nearly all of them have.
    """
    if dataset.space is not None:
        images = image_count(dataset)
        source = VectorSource(dataset.space.name, images, images, images, dataset.space)
        if images and (index := open_index(dataset, source)) is not None:
            return source, index
    source = vector_source(dataset)
    return source, open_index(dataset, source)


def _unit_of(image: Image, source: VectorSource, index: VectorIndex) -> Floats | None:
    """Return the image's direction (d,); None where the index must be made again to have it."""
    row = index.row_of(image.pk)
    if row is not None:
        return index.searched.read_units(np.array([row]))[0].astype(np.float32)
    if len(index.ids) < WORTH_CELLS:
        return None
    vector = vectors_of(image.dataset, [image.pk], source.space).get(image.pk)
    return None if vector is None else directions(vector[None])[0]


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
    """Return the first halves of the ids of a split's images, ascending.

    A version never changes.
    """
    asked = {"version": str(version_id), "split": split.value}
    rows = read_binary(_IMAGES, asked, [("image", "u1", 16)])
    return np.sort(np.ascontiguousarray(rows["image"][:, :8]).view(np.uint64)[:, 0])


def _nearest_in_use(
    image: Image, index: VectorIndex, asked: Floats, count: int, among: Ids | None
) -> list[tuple[Image, float]]:
    """Return the nearest images that are still there, without the image itself.

    The index may hold others. They are looked for among the nearest thousand or so.
    """
    is_among = None if among is None else partial(index.are_among, ids=among)
    sought = count + _SPARE
    while True:
        found = nearest_to(asked, index.searched, sought, wanted=is_among)
        ids = [index.id_at(int(each)) for each in found.indices]
        images = Image.objects.alive().select_related("class_label").in_bulk(ids)
        images.pop(image.pk, None)
        near = [
            (images[image_id], float(cosine))
            for image_id, cosine in zip(ids, found.cosines, strict=True)
            if image_id in images
        ]
        if len(near) >= count or len(ids) < sought or sought > _FARTHEST:
            return near[:count]
        sought *= 8
