"""Pages of a gallery: keyset, so that page 1,000 of 60,000 images costs what page 1 costs."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from accounts.models import User
from common.texts import nfc
from datasets.models import Dataset, FindingKind, Image, SplitName
from datasets.selectors.certainty import ORDERINGS, ByCertainty, Place
from datasets.selectors.images import images_of
from datasets.selectors.quality import with_issue
from datasets.selectors.suggestions import with_suggested_class

PAGE_SIZE = 120
METADATA = "metadata."
MAX_METADATA = 5
_TRUE_OR_FALSE = {"true": True, "1": True, "false": False, "0": False}
# What one of these says, those beside it deny: who adds it to an address takes them away.
_DENIED_BY = {
    "class_name": ("annotated", "suggested_class"),
    "suggested_class": ("class_name", "annotated"),
    "annotated": ("class_name", "suggested_class"),
    "labelled_by": ("came_with_class",),
    "came_with_class": ("labelled_by",),
}


@dataclass(frozen=True)
class Filters:
    """What a gallery shows; every combination has its own address.

    `annotated`: whether they have a class; `labelled_by` is a username; `came_with_class`: whether
    they have the class that they came with; `ordering` keeps all and puts the least or the most
    certain suggestions first; `metadata` is (column, value) pairs, in the address
    `metadata.<column>=<value>`. No value of a filter has a meaning of its own: people choose names.
    """

    FLAGS: ClassVar = ("annotated", "excluded", "came_with_class", "trash")
    NAMES: ClassVar = (
        *("class_name", "suggested_class", "split", "q", "issue", "labelled_by"),
        "ordering",
        *FLAGS,
    )

    class_name: str = ""
    suggested_class: str = ""
    annotated: bool | None = None
    split: str = ""
    q: str = ""
    excluded: bool = False
    issue: str = ""
    labelled_by: str = ""
    came_with_class: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    trash: bool = False
    ordering: str = ""

    @classmethod
    def from_query(cls, query: dict[str, str]) -> "Filters":
        """Read an address; what it does not know it leaves out."""
        text = {nfc(name): nfc(value.replace("\0", "")) for name, value in query.items()}
        split, issue = text.get("split", ""), text.get("issue", "")
        ordering = text.get("ordering", "")
        return cls(
            class_name=text.get("class_name", ""),
            suggested_class=text.get("suggested_class", ""),
            annotated=_TRUE_OR_FALSE.get(text.get("annotated", "")),
            split=split if split in SplitName.values else "",
            q=text.get("q", "").strip(),
            excluded=_TRUE_OR_FALSE.get(text.get("excluded", ""), False),
            issue=issue if issue in FindingKind.values else "",
            labelled_by=text.get("labelled_by", ""),
            came_with_class=_TRUE_OR_FALSE.get(text.get("came_with_class", "")),
            metadata=metadata_in(text)[:MAX_METADATA],
            trash=_TRUE_OR_FALSE.get(text.get("trash", ""), False),
            ordering=ordering if ordering in ORDERINGS else "",
        )

    @property
    def values(self) -> dict[str, str]:
        """What the address says, by name; what is not filtered by is left out."""
        values = {
            "class_name": self.class_name,
            "suggested_class": self.suggested_class,
            "annotated": _word(self.annotated),
            "split": self.split,
            "q": self.q,
            "excluded": "1" if self.excluded else "",
            "issue": self.issue,
            "labelled_by": self.labelled_by,
            "came_with_class": _word(self.came_with_class),
            **{f"{METADATA}{column}": value for column, value in self.metadata},
            "trash": "1" if self.trash else "",
            "ordering": self.ordering,
        }
        return {name: value for name, value in values.items() if value}

    def query(self, **changes: str) -> str:
        """Return the address's query with these changes; empty when nothing is filtered."""
        denied = {
            other: ""
            for name, value in changes.items()
            for other in (_DENIED_BY.get(name, ()) if value else ())
        }
        values = {**self.values, **denied, **changes}
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.values)

    def apply(self, images: QuerySet[Image], dataset_id: uuid.UUID) -> QuerySet[Image]:
        """Keep the images of a dataset that match, whether or not they are in the trash."""
        if self.class_name:
            images = images.filter(class_label__name=self.class_name)
        if self.suggested_class:
            images = with_suggested_class(images, dataset_id, self.suggested_class)
        if self.annotated is not None:
            images = images.filter(class_label__isnull=not self.annotated)
        if self.split:
            images = images.filter(split=self.split)
        if self.q:
            images = images.filter(name__icontains=self.q)
        if self.excluded:
            images = images.exclude(excluded_at=None)
        if self.issue:
            images = with_issue(images, dataset_id, self.issue)
        if self.labelled_by:
            images = labelled_by(images, self.labelled_by)
        if self.came_with_class is not None:
            images = came_with_class(images, self.came_with_class)
        if self.metadata:
            images = images.filter(metadata__contains=dict(self.metadata))
        return images


def metadata_in(query: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the (column, value) pairs that `metadata.<column>=<value>` in an address asks for."""
    return tuple(
        (name.removeprefix(METADATA).replace("\0", ""), value.replace("\0", ""))
        for name, value in sorted(query.items())
        if name.startswith(METADATA) and name != METADATA and value
    )


def labelled_by(images: QuerySet[Image], username: str) -> QuerySet[Image]:
    """Keep what this person labelled last."""
    return images.filter(
        labelled_by=User.objects.filter(username=User.normalize_username(username)).first()
        or uuid.UUID(int=0)
    )


def came_with_class(images: QuerySet[Image], wanted: bool) -> QuerySet[Image]:
    """Keep what has the class that it came with, or everything else."""
    unchanged = Q(labelled_by=None, class_label__isnull=False)
    return images.filter(unchanged if wanted else ~unchanged)


def _word(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


@dataclass(frozen=True)
class GalleryPage:
    """Images, newest first, and the cursor of the page after them ('' at the end)."""

    images: Sequence[Image] = field(default_factory=list)
    next_cursor: str = ""


def matching_images(dataset: Dataset, filters: Filters) -> QuerySet[Image]:
    """Return the images of a gallery, newest first."""
    return filters.apply(images_of(dataset, in_trash=filters.trash), dataset.pk)


def gallery_page(dataset: Dataset, filters: Filters, cursor: str = "") -> GalleryPage:
    """Return up to 120 images after `cursor`; one that cannot be read starts at the top."""
    images = matching_images(dataset, filters)
    if filters.ordering:
        order = ByCertainty(images, dataset.pk, filters.ordering)
        found = order.page(Place.read(cursor), PAGE_SIZE + 1)
        shown = found[:PAGE_SIZE]
        return GalleryPage(shown, str(order.place_of(shown[-1])) if found != shown else "")
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
    images = matching_images(image.dataset, filters)
    if filters.ordering:
        order = ByCertainty(images, image.dataset_id, filters.ordering)
        place = order.place_of(image)
        before, after = (order.page(place, 1, backwards=back) for back in (True, False))
        return (before[0].pk if before else None, after[0].pk if after else None)
    newer = images.filter(
        Q(created_at__gt=image.created_at) | Q(created_at=image.created_at, id__gt=image.pk)
    ).order_by("created_at", "id")
    older = images.filter(
        Q(created_at__lt=image.created_at) | Q(created_at=image.created_at, id__lt=image.pk)
    )
    return tuple(rows.values_list("id", flat=True).first() for rows in (newer, older))  # type: ignore[return-value]


def _write_cursor(image: Image) -> str:
    return f"{image.created_at.isoformat()}~{image.pk}"


def _read_cursor(cursor: str) -> tuple[datetime, uuid.UUID] | None:
    written, _, image_id = cursor.partition("~")
    try:
        moment, image = datetime.fromisoformat(written), uuid.UUID(image_id)
    except ValueError:
        return None
    # Only what we write: Postgres refuses some of the times that Python reads.
    ours = moment.utcoffset() == timedelta(0) and moment.isoformat() == written
    return (moment, image) if ours else None
