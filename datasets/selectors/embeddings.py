"""What an analysis compares images by: one vector for each image of a dataset."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Count

from datasets.analysis.descriptor import DESCRIPTOR_NAME, DESCRIPTOR_SIZE, describe
from datasets.analysis.fingerprint import stack_colours, stack_thumbnails
from datasets.models import (
    Dataset,
    Image,
    ImageEmbedding,
    ImageFingerprint,
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
class Embeddings:
    """Vectors of images: `vectors` float16 (n, d) in the order of `ids`, compared by cosine.

    `name` says what made them: a backbone, or Loupe's own small descriptor. `left_out` counts the
    images that have no vector of this kind yet.
    """

    ids: list[uuid.UUID]
    vectors: Vectors
    name: str
    left_out: int = 0


def vector_source(dataset: Dataset) -> VectorSource:
    """Return the backbone that (nearly) every image has a vector of, else the small descriptor."""
    images = Image.objects.alive().filter(dataset=dataset).count()
    of_dataset = {"image__dataset": dataset, "image__deleted_at": None}
    backbones = (
        ImageEmbedding.objects.filter(**of_dataset)
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


def embeddings_of(dataset: Dataset) -> Embeddings:
    """Return the vectors of the dataset's images, ordered by content."""
    source = vector_source(dataset)
    ids: list[uuid.UUID] = []
    # Grows in place: two copies of 60,000 vectors would be 300 MB.
    content = bytearray()
    width = DESCRIPTOR_SIZE
    for part, vectors in vector_blocks(dataset, source):
        ids += part
        content += vectors.tobytes()
        width = vectors.shape[1]
    flat = np.frombuffer(content, np.float16)
    return Embeddings(ids, flat.reshape(-1, width), source.name, source.images - len(ids))


def vector_blocks(dataset: Dataset, source: VectorSource) -> Iterator[Block]:
    """Yield the vectors ordered by content, some thousands at a time."""
    return _descriptors(dataset) if source.is_descriptor else _embedded(dataset, source.name)


def _embedded(dataset: Dataset, backbone: str) -> Iterator[Block]:
    rows = (
        ImageEmbedding.objects.filter(
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
