"""Rows for image files; their blobs are put in place in the same transaction, or before."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts.quotas import Quota
from accounts.services.quotas import take
from common.copy_rows import copy_rows
from common.texts import nfc, nfc_throughout
from datasets.errors import InTrash
from datasets.models import Dataset, Duplicates, Image, Import
from datasets.services.labelling.classes import ensure_classes
from datasets.services.quality.fingerprints import insert_fingerprints

_COLUMNS = (
    "id", "dataset_id", "sha256", "name", "class_label_id", "split", "width", "height", "format",
    "bytes", "metadata", "created_at", "source_id", "sent",
)  # fmt: skip
_LOOKUP_BATCH = 10_000
MAX_NAME: int = Image._meta.get_field("name").max_length or 255
Content = tuple[str, str, uuid.UUID | None]


@dataclass(frozen=True)
class NewImage:
    """An image to add; an empty class name leaves it unlabelled, an empty split unsplit.

    `fingerprint` is the decoder's; without one it is taken when it is first needed.
    """

    name: str
    sha256: str
    width: int
    height: int
    format: str
    bytes: int
    class_name: str = ""
    split: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    fingerprint: dict[str, Any] | None = None
    # Of the staged thumbnail; 0 where there is none, as the file is small enough to be its own.
    thumbnail_bytes: int = 0


@dataclass(frozen=True)
class Added:
    """What became of the images, in their order: (id of the image, whether it is new)."""

    outcomes: list[tuple[uuid.UUID, bool]]

    @property
    def new_count(self) -> int:
        """How many rows were inserted."""
        return sum(is_new for _, is_new in self.outcomes)


def add_images(
    *,
    dataset: Dataset,
    images: Sequence[NewImage],
    duplicates: str,
    frees_bytes: int = 0,
    source: Import | None = None,
) -> Added:
    """Insert images, in the caller's transaction; it locks the dataset to its end.

    A file is a duplicate only if its content already stands in the same split and class: the same
    content elsewhere is a leak or a conflict that people must be shown. With `duplicates="keep"`
    even those become rows. `source` is the import that they come with. `frees_bytes` of storage go
    when these come (their archive). Raises `InTrash` when the dataset has gone there meanwhile,
    `QuotaExceeded`.
    """
    locked = dataset.lock()
    if locked.deleted_at is not None:
        raise InTrash(f"{locked.name} was moved to the trash while images were on their way.")
    classes = ensure_classes(dataset=dataset, names={i.class_name for i in images if i.class_name})
    class_ids = {name: label.pk for name, label in classes.items()} | {"": None}
    known = None if duplicates == Duplicates.KEEP else _known_contents(dataset, images)
    outcomes, rows = _told_apart(dataset, images, class_ids, known)
    stored = sum(image.bytes for image, (_, is_new) in zip(images, outcomes, strict=True) if is_new)
    take(
        organization=dataset.organization,
        amounts={Quota.IMAGES: len(rows), Quota.BYTES: stored - frees_bytes},
    )
    came = (source.pk if source else None, source is None)
    copy_rows(Image, _COLUMNS, [row + came for row in rows])
    insert_fingerprints(
        (image_id, image.fingerprint)
        for image, (image_id, is_new) in zip(images, outcomes, strict=True)
        if is_new and image.fingerprint is not None
    )
    return Added(outcomes)


def _told_apart(
    dataset: Dataset,
    images: Sequence[NewImage],
    class_ids: Mapping[str, uuid.UUID | None],
    known: dict[Content, uuid.UUID] | None,
) -> tuple[list[tuple[uuid.UUID, bool]], list[tuple[Any, ...]]]:
    """Return what becomes of each image, and the rows of the new ones: all where `known` is None.

    `known` gets the contents that are new.
    """
    outcomes: list[tuple[uuid.UUID, bool]] = []
    rows = []
    start = timezone.now()
    for number, image in enumerate(images):
        class_id, image_id = class_ids[image.class_name], uuid.uuid4()
        holder = image_id
        if known is not None:
            holder = known.setdefault((image.sha256, image.split, class_id), image_id)
        outcomes.append((holder, holder is image_id))
        if holder is image_id:
            # Distinct times keep cursor pages exact and images in the order of their archive.
            created_at = start + timedelta(microseconds=number)
            rows.append(
                (image_id, dataset.pk, image.sha256, nfc(image.name)[:MAX_NAME], class_id,
                 image.split, image.width, image.height, image.format, image.bytes,
                 nfc_throughout(image.metadata), created_at)
            )  # fmt: skip
    return outcomes, rows


def in_several_classes(*, dataset: Dataset, images: Sequence[NewImage]) -> int:
    """Return how many of the images, once added, have a content that stands in several classes."""
    hashes = list({image.sha256 for image in images if image.class_name})
    several: set[str] = set()
    for start in range(0, len(hashes), _LOOKUP_BATCH):
        contents = (
            Image.objects.alive()
            .filter(dataset=dataset, sha256__in=hashes[start : start + _LOOKUP_BATCH])
            .filter(class_label__isnull=False)
            .values_list("sha256")
            .annotate(classes=Count("class_label", distinct=True))
            .filter(classes__gt=1)
            .order_by()
        )
        several |= {sha256 for sha256, _ in contents}
    return sum(image.sha256 in several for image in images if image.class_name)


def _known_contents(dataset: Dataset, images: Sequence[NewImage]) -> dict[Content, uuid.UUID]:
    """Return which image holds which content, of the contents that are about to be added."""
    known: dict[Content, uuid.UUID] = {}
    hashes = [image.sha256 for image in images]
    for start in range(0, len(hashes), _LOOKUP_BATCH):
        rows = (
            Image.objects.alive()
            .filter(dataset=dataset, sha256__in=hashes[start : start + _LOOKUP_BATCH])
            .values_list("sha256", "split", "class_label_id", "id")
        )
        for sha256, split, class_id, image_id in rows:
            known.setdefault((sha256, split, class_id), image_id)
    return known
