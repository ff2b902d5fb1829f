"""Which frozen versions hold a content, and in which split: by its copies in an organization."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from datasets.models import Dataset, DatasetVersion, Image, Sample, Split


@dataclass
class Held:
    """A version that holds the content: its splits, and when it forgot it (None: it has not)."""

    version: DatasetVersion
    splits: set[Split] = field(default_factory=set)
    forgotten_at: datetime | None = None
    image_ids: list[uuid.UUID] = field(default_factory=list)

    @property
    def split_names(self) -> list[str]:
        """The splits' names, in their order."""
        return [str(split.label) for split in sorted(self.splits)]


def copies_of(image: Image) -> QuerySet[Image]:
    """Return the images of its organization that have the same content, itself among them.

    Those in the trash too, and what is left of forgotten ones.
    """
    same = Image.objects.filter(
        sha256=image.sha256, dataset__organization=image.dataset.organization_id
    )
    return same.select_related("dataset", "forgetting").order_by(
        "dataset__name", "created_at", "id"
    )


def held_by(image_ids: Collection[uuid.UUID]) -> list[Held]:
    """Return the versions that hold one of these images, the newest first."""
    rows = Sample.objects.filter(image__in=list(image_ids)).order_by("id")
    found: dict[uuid.UUID, Held] = {}
    columns = ("version", "split", "image", "image__forgetting__erased_at")
    placed = list(rows.values_list(*columns))
    versions = DatasetVersion.objects.select_related("dataset").in_bulk(
        [each[0] for each in placed]
    )
    for version_id, split, image_id, forgotten_at in placed:
        held = found.setdefault(version_id, Held(versions[version_id]))
        held.splits.add(Split(split))
        held.image_ids.append(image_id)
        held.forgotten_at = forgotten_at
    return sorted(found.values(), key=lambda each: each.version.created_at, reverse=True)


def datasets_with(images: Collection[Image]) -> dict[Dataset, list[Image]]:
    """Return the images that still have their file, by dataset."""
    found: dict[Dataset, list[Image]] = {}
    for image in images:
        if image.forgetting_id is None:
            found.setdefault(image.dataset, []).append(image)
    return found
