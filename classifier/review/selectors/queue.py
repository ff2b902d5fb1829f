"""Which part of the queue a person looks at, and how much is left of it."""

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Organization, User
from classifier.models import RegisteredModel
from classifier.models.review_item import ReviewItemQuerySet
from datasets.models import Dataset


def narrowed(
    items: ReviewItemQuerySet,
    *,
    model: RegisteredModel | None = None,
    dataset: Dataset | None = None,
    reason: str | None = None,
) -> ReviewItemQuerySet:
    """Keep the items that are asked for."""
    if model is not None:
        items = items.filter(model=model)
    if dataset is not None:
        items = items.filter(dataset=dataset)
    if reason:
        items = items.filter(reason=reason)
    return items


def queue_counts(
    items: ReviewItemQuerySet, organization: Organization, user: User
) -> dict[str, int]:
    """Return how many of the items are `open`, `held_by_others`, and `skipped` by the user."""
    rows = items.filter(organization=organization).open()
    held = Q(claimed_until__gte=timezone.now()) & ~Q(claimed_by=user)
    counts: dict[str, int] = rows.order_by().aggregate(
        open=Count("pk"),
        held_by_others=Count("pk", filter=held),
        skipped=Count("pk", filter=Q(skipped_by__contains=[user.pk]) & ~held),
    )
    return counts
