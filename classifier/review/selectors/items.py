"""Reading the review queue."""

import uuid
from typing import Any

from accounts.models import User
from accounts.roles import Role
from classifier.models import BatchPrediction, ReviewItem, ReviewSelection
from classifier.models.review_item import ReviewItemQuerySet

UNCERTAINTY, DIVERSITY = "uncertainty", "diversity"
ORDERS = (UNCERTAINTY, DIVERSITY)
# The fields that each order goes by.
ORDERINGS = {
    UNCERTAINTY: ("-uncertainty", "id"),
    DIVERSITY: ("rank", "-uncertainty", "id"),
}


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


def batch_to_review(user: User, batch_id: uuid.UUID) -> BatchPrediction:
    """Return a batch that `user` may see; raises `NotFound`."""
    rows = BatchPrediction.objects.for_user(user).select_related("job", "organization")
    batch: BatchPrediction = rows.get_visible(batch_id)
    return batch
