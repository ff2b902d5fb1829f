"""What was forgotten: how much of a version, when, and whether a content was forgotten before."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from accounts.models import User
from datasets.models import DatasetVersion, Forgetting, Image, Sample, Split

_NAMED = 100


@dataclass(frozen=True)
class ForgottenSamples:
    """How many images of a version were forgotten, and when the last of them was."""

    count: int
    at: datetime

    @property
    def sentence(self) -> str:
        """It in words."""
        was = "image was" if self.count == 1 else "images were"
        return f"{self.count:,} {was} forgotten"


def forgotten_in(version: DatasetVersion, split: Split | None = None) -> ForgottenSamples | None:
    """Return what was forgotten of a version, or of one split; None where it has all its images."""
    rows = Sample.objects.filter(version=version, forgotten=True).order_by()
    if split is not None:
        rows = rows.filter(split=split)
    found = rows.aggregate(count=Count("pk"), at=Max("image__forgetting__erased_at"))
    return ForgottenSamples(**found) if found["count"] else None


def told_forgotten(version: DatasetVersion) -> dict[str, Any] | None:
    """Return what a training on the version goes on without, as JSON; None where nothing is.

    `{"count", "images": [{"sha256", "part"}, …], "sentence"}`, 100 images at most: hash and split
    are all that is left of them.
    """
    found = forgotten_in(version)
    if found is None:
        return None
    rows = Sample.objects.filter(version=version, forgotten=True).order_by("split", "sha256")
    images = [
        {"sha256": sha256, "part": str(Split(split).label)}
        for sha256, split in rows.values_list("sha256", "split")[:_NAMED]
    ]
    it = "it" if found.count == 1 else "them"
    sentence = f"{found.sentence} since the version was frozen: the training goes on without {it}."
    return {"count": found.count, "images": images, "sentence": sentence}


def forgotten_count(version_id: uuid.UUID) -> int:
    """Return how many images of a version were forgotten."""
    return Sample.objects.filter(version=version_id, forgotten=True).count()


def forgotten_before(image: Image) -> Forgetting | None:
    """Return when the organization forgot this content before the image came, the last time."""
    earlier = Forgetting.objects.filter(
        organization=image.dataset.organization_id,
        sha256=image.sha256,
        erased_at__lt=image.created_at,
    )
    return earlier.order_by("-erased_at").first()


def visible_forgettings(user: User) -> QuerySet[Forgetting]:
    """Return what was asked to be forgotten in the organizations of `user`, newest first."""
    rows = Forgetting.objects.for_user(user).select_related("job", "organization", "created_by")
    return rows.order_by("-created_at", "-id")


def visible_forgetting(user: User, forgetting_id: uuid.UUID) -> Forgetting:
    """Return one; raises `NotFound` for one that `user` may not see."""
    rows = Forgetting.objects.for_user(user).select_related("job", "organization", "created_by")
    return rows.get_visible(forgetting_id)
