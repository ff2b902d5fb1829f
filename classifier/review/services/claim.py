"""Claims: who is given an item holds it for some minutes, so that no other person gets it."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from classifier.models import ReviewItem
from classifier.models.review_item import ReviewItemQuerySet
from classifier.review.limits import CLAIM_MINUTES, MOST_CLAIMED
from classifier.review.selectors.items import ordered
from common.errors import Conflict


@transaction.atomic
def claim(
    *,
    user: User,
    organization: Organization,
    items: ReviewItemQuerySet,
    order: str,
    count: int,
    skipped: bool = False,
) -> list[ReviewItem]:
    """Give `user` up to `count` of the open items to answer, those that they hold already first.

    They hold them for `CLAIM_MINUTES`; of more than `MOST_CLAIMED` the oldest come free. Items that
    others hold are passed over without waiting, and so are those that the person wants to decide
    later, unless `skipped`. Raises `NotFound` and `Forbidden`.
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    items = items.filter(organization=organization).open()
    now = timezone.now()
    own = ordered(items.filter(claimed_by=user, claimed_until__gte=now), order)
    held = list(own.select_for_update(skip_locked=True, of=("self",))[:count])
    free = items.free_for(user).exclude(pk__in=[item.pk for item in held])
    if not skipped:
        free = free.exclude(skipped_by__contains=[user.pk])
    new = ordered(free, order).select_for_update(skip_locked=True, of=("self",))
    taken = [*held, *new[: max(0, count - len(held))]]
    ids = [item.pk for item in taken]
    _let_go_of_most(user, organization, ids)
    until = now + timedelta(minutes=CLAIM_MINUTES)
    ReviewItem.objects.filter(pk__in=ids).update(claimed_by=user, claimed_until=until)
    for item in taken:
        item.claimed_by, item.claimed_until = user, until
    return taken


def _let_go_of_most(user: User, organization: Organization, taken: Sequence[uuid.UUID]) -> None:
    """Keep what a person holds to `MOST_CLAIMED`; another page of theirs may hold the others."""
    held = ReviewItem.objects.filter(organization=organization, claimed_by=user)
    others = held.exclude(pk__in=taken).order_by("-claimed_until")
    ids = list(others.values_list("pk", flat=True)[max(0, MOST_CLAIMED - len(taken)) :])
    if ids:
        release(user=user, organization=organization, only=ids)


@transaction.atomic
def release(
    *, user: User, organization: Organization, only: Sequence[uuid.UUID] | None = None
) -> int:
    """Let go of what `user` holds in an organization, or of `only` these; return how many."""
    held = ReviewItem.objects.filter(organization=organization, claimed_by=user)
    if only is not None:
        held = held.filter(pk__in=only)
    # What another transaction is changing is passed over: it comes free by itself.
    ids = list(held.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return ReviewItem.objects.filter(pk__in=ids).update(claimed_by=None, claimed_until=None)


def require_unclaimed(item: ReviewItem, user: User) -> None:
    """Let pass an item that no other person holds; raises `Conflict` (`claimed`)."""
    until = item.claimed_until
    if item.claimed_by_id in (None, user.pk) or until is None or until < timezone.now():
        return
    raise Conflict(
        f"{item.claimed_by} is deciding this one, until {until:%H:%M} UTC at the latest.",
        code="claimed",
        hint="Take another one.",
    )
