"""Reading copies of model versions."""

import uuid

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.models import ModelCopy


def visible_model_copies(user: User) -> TenantQuerySet:
    """Return the copies into organizations of the user's, newest first."""
    return (
        ModelCopy.objects.for_user(user)
        .select_related("job", "organization", "version", "created_by")
        .order_by("-created_at", "-id")
    )


def visible_model_copy(user: User, copy_id: uuid.UUID) -> ModelCopy:
    """Return one of them; raises `NotFound`."""
    copy: ModelCopy = visible_model_copies(user).get_visible(copy_id)
    return copy
