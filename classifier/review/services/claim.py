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
from classifier.review.limits import CLAIM_MINUTES
from classifier.review.selectors.items import ordered
from common.errors import Conflict


@transaction.atomic
def claim(
    *, user: User, organization: Organization, items: ReviewItemQuerySet, order: str, count: int
) -> list[ReviewItem]:
    """Give `user` up to `count` of the open items to answer, those that they hold already first.

    They hold them for `CLAIM_MINUTES`; what else they held comes free. Items that others hold are
    passed over without waiting, and so are those that the person wants to decide later. Raises
    `NotFound` and `Forbidden`.
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    items = items.filter(organization=organization).open()
    now = timezone.now()
    own = ordered(items.filter(claimed_by=user, claimed_until__gte=now), order)
    held = list(own.select_for_update(skip_locked=True, of=("self",))[:count])
    free = items.free_for(user).exclude(skipped_by__contains=[user.pk])
    free = free.exclude(pk__in=[item.pk for item in held])
    new = ordered(free, order).select_for_update(skip_locked=True, of=("self",))
    taken = [*held, *new[: max(0, count - len(held))]]
    release(user=user, organization=organization, except_for=[item.pk for item in taken])
    until = now + timedelta(minutes=CLAIM_MINUTES)
    ReviewItem.objects.filter(pk__in=[item.pk for item in taken]).update(
        claimed_by=user, claimed_until=until
    )
    for item in taken:
        item.claimed_by, item.claimed_until = user, until
    return taken


@transaction.atomic
def release(*, user: User, organization: Organization, except_for: Sequence[uuid.UUID] = ()) -> int:
    """Let go of what `user` holds in an organization; return how many items came free."""
    held = ReviewItem.objects.filter(organization=organization, claimed_by=user)
    # What another transaction is changing is passed over: it comes free by itself.
    free = held.exclude(pk__in=except_for).select_for_update(skip_locked=True)
    ids = list(free.values_list("pk", flat=True))
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
