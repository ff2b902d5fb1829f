"""Reading the review queue."""

import uuid
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.roles import Role
from classifier.models import UNRANKED, ReviewItem, ReviewSelection, ReviewStatus
from classifier.models.review_item import ReviewItemQuerySet

UNCERTAINTY, DIVERSITY = "uncertainty", "diversity"
ORDERS = (UNCERTAINTY, DIVERSITY)
# The fields that each order goes by.
ORDERINGS = {
    UNCERTAINTY: ("-uncertainty", "id"),
    DIVERSITY: ("rank", "-uncertainty", "id"),
}
# What a person has answered is listed, and can be undone, for the last so many.
MOST_UNDONE = 50


def visible_items(user: User, role: Role = Role.VIEWER) -> ReviewItemQuerySet:
    """Return the items of the user's organizations, open or not."""
    return ReviewItem.objects.for_user(user, role).select_related(
        "organization",
        "model",
        "dataset",
        "image",
        "kept__prediction",
        "batch_result__image",
        "given_class",
        "claimed_by",
        "answered_by",
    )


def visible_item(user: User, item_id: uuid.UUID) -> ReviewItem:
    """Return an item that `user` may see; raises `NotFound`."""
    item: ReviewItem = visible_items(user).get_visible(item_id)
    return item


def ordered(items: ReviewItemQuerySet, order: str) -> ReviewItemQuerySet:
    """Return items in one of the `ORDERS`."""
    return items.order_by(*ORDERINGS[order])


def visible_selections(user: User) -> Any:
    """Return what was chosen for review in the user's organizations, newest first."""
    rows = ReviewSelection.objects.for_user(user)
    return rows.select_related("organization", "dataset", "job", "created_by").order_by(
        "-created_at", "-id"
    )


def visible_selection(user: User, selection_id: uuid.UUID) -> ReviewSelection:
    """Return one of them; raises `NotFound`."""
    selection: ReviewSelection = visible_selections(user).get_visible(selection_id)
    return selection


def last_answered(user: User) -> ReviewItem | None:
    """Return what the person answered last, if anything: what an undo begins with."""
    rows = visible_items(user).filter(answered_by=user, status=ReviewStatus.ANSWERED)
    return rows.order_by("-answered_at").first()


def ranked(items: ReviewItemQuerySet) -> ReviewItemQuerySet:
    """Keep what has a place in the order of diversity."""
    return items.filter(~Q(rank=UNRANKED))
