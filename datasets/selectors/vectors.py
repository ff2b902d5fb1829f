"""What an analysis compares images by: one vector for each image of a dataset."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Count

from datasets.analysis.descriptor import DESCRIPTOR_NAME, describe
from datasets.analysis.directions import directions
from datasets.analysis.fingerprint import stack_colours, stack_thumbnails
from datasets.analysis.principal_components import principal_components
from datasets.models import (
    Dataset,
    Image,
    ImageFingerprint,
    ImageVector,
    QualityReport,
)

# A backbone's vectors are used once this share of the images has one; the rest is left out.
ENOUGH = 0.9
_ROWS = 4_000

Vectors = npt.NDArray[np.float16]
Block = tuple[list[uuid.UUID], Vectors]


@dataclass(frozen=True)
class VectorSource:
    """Where a dataset's vectors come from now: `name` of what makes them, and how many there are.

    `images` counts those not in the trash, `covered` those of them that have a vector, `embedded`
    those that have a backbone's vector, whether or not these are used yet.
    """

    name: str
    images: int
    covered: int
    embedded: int

    @property
    def title(self) -> str:
        """The backbone's name for people, without size and hash of its weights."""
        return self.name.partition("-")[0]

    @property
    def images_left(self) -> int:
        """How many images have no vector of this kind."""
        return self.images - self.covered

    @property
    def is_descriptor(self) -> bool:
        """Whether it is Loupe's own small descriptor, for want of a backbone's vectors."""
        return self.name == DESCRIPTOR_NAME


@dataclass(frozen=True)
class Components:
    """What varies most among images' vectors: `values` float32 (n, k) in the order of `ids`."""

    ids: list[uuid.UUID]
    values: npt.NDArray[np.float32]
    source: VectorSource


def vector_source(dataset: Dataset) -> VectorSource:
    """Return the backbone that (nearly) every image has a vector of, else the small descriptor."""
    images = Image.objects.alive().filter(dataset=dataset).count()
    of_dataset = {"image__dataset": dataset, "image__deleted_at": None}
    backbones = (
        ImageVector.objects.filter(**of_dataset)
        .values_list("backbone")
        .annotate(count=Count("*"))
        .order_by("-count", "backbone")
    )
    name, embedded = backbones.first() or ("", 0)
    if images and embedded >= ENOUGH * images:
        return VectorSource(name, images, embedded, embedded)
    covered = ImageFingerprint.objects.filter(**of_dataset).count()
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
    vectors = (
        ImageFingerprint.objects.all()
        if source.is_descriptor
        else ImageVector.objects.filter(backbone=source.name)
    )
    return vectors.filter(image=image, image__deleted_at=None).exists()


def components_of(dataset: Dataset, dimensions: int) -> Components:
    """Return the principal components of the images' vectors, by cosine, ordered by content.

    All vectors of 60,000 images would be 150 MB; they are read twice, some thousands at a time.
    """
    source = vector_source(dataset)
    ids: list[uuid.UUID] = []

    def blocks() -> Iterator[npt.NDArray[np.float32]]:
        ids.clear()
        for part, vectors in vector_blocks(dataset, source):
            ids.extend(part)
            yield directions(vectors)

    return Components(ids, principal_components(blocks, dimensions), source)


def vectors_of(images: Collection[uuid.UUID], source: VectorSource) -> dict[uuid.UUID, Vectors]:
    """Return a backbone's vectors, float16 (d,), of those of the images that have one."""
    rows = ImageVector.objects.filter(image__in=images, backbone=source.name)
    return {
        image_id: np.frombuffer(vector, np.float16)
        for image_id, vector in rows.values_list("image_id", "vector").iterator(_ROWS)
    }


def vector_blocks(dataset: Dataset, source: VectorSource) -> Iterator[Block]:
    """Yield the vectors ordered by content, some thousands at a time."""
    return _descriptors(dataset) if source.is_descriptor else _embedded(dataset, source.name)


def _embedded(dataset: Dataset, backbone: str) -> Iterator[Block]:
    rows = (
        ImageVector.objects.filter(
            image__dataset=dataset, image__deleted_at=None, backbone=backbone
        )
        .order_by("image__sha256", "image_id")
        .values_list("image_id", "vector")
    )
    for chunk in _chunks(rows.iterator(_ROWS)):
        flat = np.frombuffer(b"".join(vector for _, vector in chunk), np.float16)
        yield [image_id for image_id, _ in chunk], flat.reshape(len(chunk), -1)


def _descriptors(dataset: Dataset) -> Iterator[Block]:
    rows = (
        ImageFingerprint.objects.filter(image__dataset=dataset, image__deleted_at=None)
        .order_by("image__sha256", "image_id")
        .values_list("image_id", "thumbnail", "colours")
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
