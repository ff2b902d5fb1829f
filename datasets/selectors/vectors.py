"""Vectors: of contents in a space, and what an analysis compares a dataset's images by."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from common.copy_binary import read_binary
from datasets.analysis.descriptor import DESCRIPTOR_NAME, describe
from datasets.analysis.directions import directions
from datasets.analysis.fingerprint import stack_colours, stack_thumbnails
from datasets.analysis.principal_components import principal_components
from datasets.models import (
    Dataset,
    Image,
    ImageFingerprint,
    QualityReport,
    Vector,
    VectorSpace,
)
from datasets.selectors.datasets import image_count

# A backbone's vectors are used once this share of the images has one; the rest is left out.
ENOUGH = 0.9
_ROWS = 4_000

Vectors = npt.NDArray[np.float16]
Block = tuple[list[uuid.UUID], Vectors]


_OF_CONTENTS = """
SELECT wanted.place - 1, known.vector
FROM unnest(%(contents)s::text[]) WITH ORDINALITY AS wanted (sha256, place)
JOIN datasets_vector AS known ON known.sha256 = wanted.sha256
WHERE known.organization_id = %(organization)s AND known.space_id = %(space)s
"""
_LACKING = """
SELECT wanted.sha256
FROM unnest(%(contents)s::text[]) AS wanted (sha256)
WHERE NOT EXISTS (
    SELECT FROM datasets_vector AS known
    WHERE known.organization_id = %(organization)s AND known.sha256 = wanted.sha256
      AND known.space_id = %(space)s)
"""
_COUNTS = """
SELECT known.space_id, count(*)
FROM datasets_image AS image
JOIN datasets_vector AS known ON known.sha256 = image.sha256
JOIN datasets_vectorspace AS space ON space.id = known.space_id
WHERE image.dataset_id = %(dataset)s AND image.deleted_at IS NULL
  AND known.organization_id = %(organization)s AND NOT space.mirrored
GROUP BY known.space_id
"""


@dataclass(frozen=True)
class ContentVectors:
    """`values` (n, width) in the order of the contents, zeros for those that are `missing`."""

    values: npt.NDArray
    missing: list[str]


@dataclass(frozen=True)
class VectorSource:
    """Where a dataset's vectors come from now: `name` of what makes them, and how many there are.

    `images` counts those not in the trash, `covered` those of them that have a vector, `embedded`
    those that have a backbone's vector, whether or not these are used yet. `space` is empty for
    the descriptor.
    """

    name: str
    images: int
    covered: int
    embedded: int
    space: VectorSpace | None = None

    @property
    def title(self) -> str:
        """The backbone's name for people, without size and hash of its weights."""
        return self.space.backbone if self.space else self.name

    @property
    def images_left(self) -> int:
        """How many images have no vector of this kind."""
        return self.images - self.covered

    @property
    def is_descriptor(self) -> bool:
        """Whether it is Loupe's own small descriptor, for want of a backbone's vectors."""
        return self.space is None


@dataclass(frozen=True)
class Components:
    """What varies most among images' vectors: `values` float32 (n, k) in the order of `ids`."""

    ids: list[uuid.UUID]
    values: npt.NDArray[np.float32]
    source: VectorSource


def vectors_of_contents(
    organization_id: uuid.UUID,
    contents: Sequence[str],
    space: VectorSpace,
    dtype: npt.DTypeLike = np.float32,
) -> ContentVectors:
    """Return the vectors of contents (SHA-256, as `Image.sha256`), of those that have one.

    60,000 of 1,280 numbers take 300 MB in float32; beside the answer, one block is in memory.
    """
    values = np.zeros((len(contents), space.width), dtype)
    found = np.zeros(len(contents), bool)
    for places, vectors in content_blocks(organization_id, contents, space):
        values[places] = vectors
        found[places] = True
    return ContentVectors(values, [contents[place] for place in np.flatnonzero(~found).tolist()])


def content_blocks(
    organization_id: uuid.UUID, contents: Sequence[str], space: VectorSpace
) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
    """Yield (places in `contents`, their vectors), in order, some thousands at a time.

    Contents without a vector have no place in a block.
    """
    fields = [("place", ">i8"), ("vector", "<f2", (space.width,))]
    for start in range(0, len(contents), _ROWS):
        asked = {
            "contents": list(contents[start : start + _ROWS]),
            "organization": str(organization_id),
            "space": space.pk,
        }
        rows = read_binary(_OF_CONTENTS, asked, fields)
        order = np.argsort(rows["place"])
        yield rows["place"][order].astype(np.int64) + start, rows["vector"][order]


def lacking(organization_id: uuid.UUID, contents: Sequence[str], space: VectorSpace) -> list[str]:
    """Return those of the contents that have no vector in this space."""
    asked: dict[str, Any] = {
        "contents": list(contents),
        "organization": str(organization_id),
        "space": space.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, asked)
        return [sha256 for (sha256,) in cursor.fetchall()]


def missing_contents(dataset: Dataset, space: VectorSpace) -> list[str]:
    """Return the contents' SHA-256, in order, of images that have no vector in this space."""
    rows = Image.objects.alive().filter(dataset=dataset).order_by("sha256")
    lacking = rows.exclude(_has_vector(dataset, space)).values_list("sha256", flat=True)
    return list(lacking.distinct())


def vector_count(dataset: Dataset, space: VectorSpace) -> int:
    """Return how many of the dataset's images have a vector in this space."""
    rows = Image.objects.alive().filter(dataset=dataset)
    return rows.filter(_has_vector(dataset, space)).count()


def _has_vector(dataset: Dataset, space: VectorSpace) -> Exists:
    known = Vector.objects.filter(organization=dataset.organization_id, space=space)
    return Exists(known.filter(sha256=OuterRef("sha256")))


def vector_source(dataset: Dataset) -> VectorSource:
    """Return the space that the dataset's images are compared in, else the small descriptor.

    That is the dataset's own if (nearly) every image has a vector in it, else any such one.
    """
    images = image_count(dataset)
    names = {"dataset": str(dataset.pk), "organization": str(dataset.organization_id)}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, names)
        counts: dict[int, int] = dict(cursor.fetchall())

    def standing(space_id: int) -> tuple[bool, bool, int, int]:
        enough = counts[space_id] >= ENOUGH * images
        return enough, enough and space_id == dataset.space_id, counts[space_id], space_id

    best = max(counts, key=standing, default=None)
    embedded = counts[best] if best is not None else 0
    if best is not None and embedded >= ENOUGH * images:
        space = VectorSpace.objects.get(pk=best)
        return VectorSource(space.name, images, embedded, embedded, space)
    measured = ImageFingerprint.objects.filter(image__dataset=dataset, image__deleted_at=None)
    covered = measured.count()
    return VectorSource(DESCRIPTOR_NAME, images, covered, embedded)


def baseline_accuracy(dataset: Dataset, source: VectorSource) -> float | None:
    """Return how often a simple classifier on these vectors gave an image the class it has, 0..1.

    Logistic regression on images it did not learn from, as the last quality check measured it;
    None before there was one on vectors of this kind.
    """
    reports = QualityReport.objects.filter(dataset=dataset, embedding=source.name)
    return reports.values_list("agreement", flat=True).first()


def has_vector(image: Image, source: VectorSource) -> bool:
    """Whether a list of the source's vectors has one of this image."""
    alive = Image.objects.alive().filter(pk=image.pk)
    if source.space is None:
        return alive.exclude(fingerprint=None).exists()
    return alive.filter(_has_vector(image.dataset, source.space)).exists()


def components_of(dataset: Dataset, dimensions: int, most: int | None = None) -> Components:
    """Return the principal components of the images' vectors, by cosine, ordered by content.

    All vectors of 60,000 images would be 150 MB; they are read twice, some thousands at a time.
    `most`: of more images, those that come first, which are a random sample.
    """
    source = vector_source(dataset)
    ids: list[uuid.UUID] = []

    def blocks() -> Iterator[npt.NDArray[np.float32]]:
        ids.clear()
        for part, vectors in vector_blocks(dataset, source):
            left = len(part) if most is None else most - len(ids)
            ids.extend(part[:left])
            yield directions(vectors[:left])
            if len(ids) == most:
                break

    return Components(ids, principal_components(blocks, dimensions), source)


def vectors_of(
    dataset: Dataset, images: Collection[uuid.UUID], space: VectorSpace | None
) -> dict[uuid.UUID, Vectors]:
    """Return the vectors, (d,), of those of the images that have one in this space.

    Without a space these are the small descriptors.
    """
    rows = Image.objects.alive().filter(dataset=dataset, pk__in=images).order_by("sha256", "id")
    if space is None:
        blocks = _descriptors(ImageFingerprint.objects.filter(image__in=rows.order_by()))
    else:
        blocks = _embedded(dataset, rows, space)
    return {
        image_id: vector
        for ids, vectors in blocks
        for image_id, vector in zip(ids, vectors, strict=True)
    }


def vector_blocks(dataset: Dataset, source: VectorSource) -> Iterator[Block]:
    """Yield the vectors ordered by content, some thousands at a time."""
    if source.space is None:
        alive = ImageFingerprint.objects.filter(image__dataset=dataset, image__deleted_at=None)
        return _descriptors(alive)
    rows = Image.objects.alive().filter(dataset=dataset).order_by("sha256", "id")
    return _embedded(dataset, rows, source.space)


def _embedded(dataset: Dataset, images: QuerySet[Image], space: VectorSpace) -> Iterator[Block]:
    """Yield the vectors of images; of a million not even the hashes are held at a time."""
    for chunk in _chunks(images.values_list("id", "sha256").iterator(_ROWS)):
        contents = [sha256 for _, sha256 in chunk]
        for places, vectors in content_blocks(dataset.organization_id, contents, space):
            yield [chunk[place][0] for place in places.tolist()], vectors


def _descriptors(fingerprints: QuerySet[ImageFingerprint]) -> Iterator[Block]:
    rows = fingerprints.order_by("image__sha256", "image_id").values_list(
        "image_id", "thumbnail", "colours"
    )
    for chunk in _chunks(rows.iterator(_ROWS)):
        thumbnails = stack_thumbnails(bytes(row[1]) for row in chunk)
        colours = stack_colours(bytes(row[2]) for row in chunk)
        yield [row[0] for row in chunk], describe(thumbnails, colours)


def _chunks(rows: Iterator[tuple]) -> Iterator[list[tuple]]:
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
