"""Reading batch predictions."""

import uuid
from typing import Any, NamedTuple

from django.db.models import Count

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.models import BatchPrediction, BatchResult, BatchSource


class ClassShare(NamedTuple):
    """How many images of a batch were answered as a class."""

    class_name: str
    images: int


class Mix(NamedTuple):
    """What the results of a batch are, as far as it is: each count is of images."""

    answered: int
    errors: int
    decisions: dict[str, int]
    classes: list[ClassShare]


def visible_batches(user: User) -> TenantQuerySet:
    """Return the batches that `user` may see, newest first."""
    rows = BatchPrediction.objects.for_user(user).filter(deleted_at=None)
    return rows.select_related(
        "job", "organization", "model_version__model", "dataset", "dataset_version", "created_by"
    ).order_by("-created_at", "-id")


def visible_batch(user: User, batch_id: uuid.UUID) -> BatchPrediction:
    """Return one batch; raises `NotFound` for one that `user` may not see."""
    batch: BatchPrediction = visible_batches(user).get_visible(batch_id)
    return batch


def mix_of(batch: BatchPrediction) -> Mix:
    """Return the counts of a batch's results, the most frequent class first; one query."""
    rows = (
        BatchResult.objects.filter(batch=batch)
        .order_by()
        .values_list("class_name", "decision")
        .annotate(count=Count("id"))
    )
    classes: dict[str, int] = {}
    decisions: dict[str, int] = {}
    errors = 0
    for class_name, decision, count in rows:
        if not class_name:
            errors += count
            continue
        classes[class_name] = classes.get(class_name, 0) + count
        if decision:
            decisions[decision] = decisions.get(decision, 0) + count
    shares = [ClassShare(*each) for each in sorted(classes.items(), key=lambda it: (-it[1], it[0]))]
    return Mix(sum(classes.values()), errors, decisions, shares)


def stored_bytes(batch: BatchPrediction) -> int:
    """Return what the images of a batch's archive take, each content once."""
    if batch.source != BatchSource.ARCHIVE:
        return 0
    rows = BatchResult.objects.filter(batch=batch, file__isnull=False).order_by("sha256")
    once = rows.distinct("sha256").values_list("file", flat=True)
    return sum([int(file["bytes"]) for file in once if file is not None])


def held_contents(sha256s: set[str]) -> set[str]:
    """Return those contents that results of batches need.

    A chunk's files come under the store's lock in the transaction that inserts its results.
    """
    kept = BatchResult.objects.filter(sha256__in=sha256s, file__isnull=False)
    return set(kept.order_by().values_list("sha256", flat=True))


def held_uploads(keys: set[str]) -> set[str]:
    """Return those archives that a batch waits for, or reads."""
    rows = BatchPrediction.objects.filter(upload__in=keys)
    return set(rows.values_list("upload", flat=True))


def rate_of(batch: BatchPrediction) -> float | None:
    """Return the images a second of a batch that has succeeded, over all the time it took."""
    result: dict[str, Any] = batch.job.result or {}
    found = result.get("images_per_second")
    return float(found) if found is not None else None
