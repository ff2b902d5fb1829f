"""What lies in the trash: for 30 days, then only for the versions that hold it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Count, Min, Model, QuerySet
from django.utils import timezone

from accounts.models import User
from datasets.models import Dataset, DatasetVersion, Image

KEEP_DAYS = 30
_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True)
class TrashedImages:
    """How many images of a dataset are in the trash, and when the first of them goes."""

    dataset: Dataset
    count: int
    first_goes_at: datetime


def goes_at(deleted_at: datetime) -> datetime:
    """Return when something put into the trash at this time is deleted for ever."""
    return deleted_at + timedelta(days=KEEP_DAYS)


def expired_before() -> datetime:
    """Return the time that what is due by now was put into the trash before."""
    return timezone.now() - timedelta(days=KEEP_DAYS)


def restorable(rows: "QuerySet[_Row]") -> "QuerySet[_Row]":
    """Keep the rows in the trash that can still be restored; they have `deleted_at`."""
    return rows.filter(deleted_at__gt=expired_before())


def trashed_datasets(user: User) -> QuerySet[Dataset]:
    """Return the datasets in the trash, the latest first."""
    return (
        restorable(Dataset.objects.for_user(user))
        .select_related("organization")
        .order_by("-deleted_at")
    )


def trashed_images(user: User, limit: int = 100) -> list[TrashedImages]:
    """Return the datasets that have images in the trash, up to `limit`, the fullest first."""
    counts = (
        restorable(Image.objects.filter(dataset__in=Dataset.objects.for_user(user).alive()))
        .order_by()
        .values_list("dataset_id")
        .annotate(count=Count("*"), first=Min("deleted_at"))
        .order_by("-count")[:limit]
    )
    rows = list(counts)
    datasets = Dataset.objects.select_related("organization").in_bulk([row[0] for row in rows])
    return [TrashedImages(datasets[pk], count, goes_at(first)) for pk, count, first in rows]


def has_trash(user: User) -> bool:
    """Whether anything that `user` may see lies in the trash."""
    images = Image.objects.for_user(user).filter(dataset__deleted_at=None)
    return trashed_datasets(user).exists() or restorable(images).exists()


def with_versions(datasets: Sequence[Dataset]) -> set[uuid.UUID]:
    """Return the ids of those datasets that have versions: what these hold is never deleted."""
    versions = DatasetVersion.objects.filter(dataset__in=datasets).order_by()
    return set(versions.values_list("dataset_id", flat=True).distinct())
