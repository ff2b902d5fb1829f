"""Pages of a gallery: keyset, so that page 1,000 of 60,000 images costs what page 1 costs."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from datasets.models import Dataset, FindingKind, Image, SplitName
from datasets.selectors.images import images_of
from datasets.selectors.quality import with_issue

PAGE_SIZE = 120
UNLABELLED = "-"


@dataclass(frozen=True)
class Filters:
    """What a gallery shows; every combination has its own address. `class_name` "-": unlabelled."""

    class_name: str = ""
    split: str = ""
    q: str = ""
    excluded: bool = False
    issue: str = ""

    @classmethod
    def from_query(cls, query: dict[str, str]) -> "Filters":
        """Read an address; what it does not know it leaves out."""
        split, issue = query.get("split", ""), query.get("issue", "")
        return cls(
            class_name=query.get("class_name", "").replace("\0", ""),
            split=split if split in SplitName.values else "",
            q=query.get("q", "").strip().replace("\0", ""),
            excluded=query.get("excluded") == "1",
            issue=issue if issue in FindingKind.values else "",
        )

    def query(self, **changes: str) -> str:
        """Return the address's query with these changes; empty when nothing is filtered."""
        values = {
            "class_name": self.class_name,
            "split": self.split,
            "q": self.q,
            "excluded": "1" if self.excluded else "",
            "issue": self.issue,
            **changes,
        }
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.query())

    def apply(self, images: QuerySet[Image], dataset_id: uuid.UUID) -> QuerySet[Image]:
        """Keep the images of a dataset that match."""
        if self.class_name == UNLABELLED:
            images = images.filter(class_label=None)
        elif self.class_name:
            images = images.filter(class_label__name=self.class_name)
        if self.split:
            images = images.filter(split=self.split)
        if self.q:
            images = images.filter(name__icontains=self.q)
        if self.excluded:
            images = images.exclude(excluded_at=None)
        if self.issue:
            images = with_issue(images, dataset_id, self.issue)
        return images


@dataclass(frozen=True)
class GalleryPage:
    """Images, newest first, and the cursor of the page after them ('' at the end)."""

    images: Sequence[Image] = field(default_factory=list)
    next_cursor: str = ""


def gallery_page(dataset: Dataset, filters: Filters, cursor: str = "") -> GalleryPage:
    """Return up to 120 images after `cursor`; one that cannot be read starts at the top."""
    images = filters.apply(images_of(dataset), dataset.pk)
    if after := _read_cursor(cursor):
        created_at, image_id = after
        images = images.filter(created_at__lte=created_at).filter(
            Q(created_at__lt=created_at) | Q(id__lt=image_id)
        )
    rows = list(images[: PAGE_SIZE + 1])
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    return GalleryPage(rows, _write_cursor(rows[-1]) if more else "")


def neighbours(image: Image, filters: Filters) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """Return the ids of the images before and after this one in its gallery."""
    images = filters.apply(images_of(image.dataset), image.dataset_id)
    newer = images.filter(
        Q(created_at__gt=image.created_at) | Q(created_at=image.created_at, id__gt=image.pk)
    ).order_by("created_at", "id")
    older = images.filter(
        Q(created_at__lt=image.created_at) | Q(created_at=image.created_at, id__lt=image.pk)
    )
    return tuple(rows.values_list("id", flat=True).first() for rows in (newer, older))  # type: ignore[return-value]


def covers(datasets: Sequence[Dataset], count: int = 4) -> dict[uuid.UUID, list[Image]]:
    """Return the newest images of each dataset, in one query."""
    found: dict[uuid.UUID, list[Image]] = {dataset.pk: [] for dataset in datasets}
    parts = [
        Image.objects.alive().filter(dataset=dataset).order_by("-created_at", "-id")[:count]
        for dataset in datasets
    ]
    if not parts:
        return found
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    for image in rows:
        found[image.dataset_id].append(image)
    return found


def _write_cursor(image: Image) -> str:
    return f"{image.created_at.isoformat()}~{image.pk}"


def _read_cursor(cursor: str) -> tuple[datetime, uuid.UUID] | None:
    moment, _, image_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(moment), uuid.UUID(image_id)
    except ValueError:
        return None
