"""Which images of a dataset look like one of them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from datasets.analysis.descriptor import DESCRIPTOR_NAME
from datasets.analysis.shortlist import nearest_to
from datasets.models import Image
from datasets.selectors.vectors import has_vector, vector_source
from datasets.services.vectors.vector_index import VectorIndex, build_index, open_index

MOST = 50
# Some of the nearest may lie in the trash by now.
_SPARE = 14


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


def look_alikes(image: Image, count: int, among: QuerySet[Image] | None = None) -> LookAlikes:
    """Return up to `count` images of the same dataset, most alike first.

    `among` are those that count, by default all that are not in the trash. X
    """
    dataset = image.dataset
    source = vector_source(dataset)
    index = open_index(dataset, source)
    row = index.row_of(image.pk) if index is not None else None
    if row is None and has_vector(image, source):
        index = build_index(dataset, source)
        row = index.row_of(image.pk) if index is not None else None
    if index is None or row is None:
        return LookAlikes(source.name, False, [])
    return LookAlikes(source.name, True, _nearest_in_use(index, row, count, among))


def _nearest_in_use(
    index: VectorIndex, row: int, count: int, among: QuerySet[Image] | None
) -> list[tuple[Image, float]]:
    """Return the nearest images that are still there; the index may hold others."""
    in_use = Image.objects.alive() if among is None else among.filter(deleted_at=None)
    wanted = count + _SPARE
    while True:
        found = nearest_to(row, index.components, index.units, wanted)
        ids = [index.id_at(int(each)) for each in found.indices]
        images = in_use.select_related("class_label").in_bulk(ids)
        near = [
            (images[image_id], float(cosine))
            for image_id, cosine in zip(ids, found.cosines, strict=True)
            if image_id in images
        ]
        if len(near) >= count or len(ids) == len(index.ids) - 1:
            return near[:count]
        wanted *= 8
