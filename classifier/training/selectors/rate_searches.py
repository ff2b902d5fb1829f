"""Reading searches for a learning rate."""

import uuid

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.models import RateSearch


def visible_searches(user: User) -> TenantQuerySet:
    """Return the searches that `user` may see, newest first."""
    return (
        RateSearch.objects.for_user(user)
        .select_related("job", "organization", "dataset_version__dataset")
        .order_by("-created_at", "-id")
    )


def visible_search(user: User, search_id: uuid.UUID) -> RateSearch:
    """Return one search; raises `NotFound` for one that `user` may not see."""
    found: RateSearch = visible_searches(user).get_visible(search_id)
    return found
