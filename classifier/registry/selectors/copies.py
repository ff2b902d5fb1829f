"""Reading copies of model versions."""

import uuid

from accounts.models import Organization, User
from accounts.querysets import TenantQuerySet
from classifier.models import ModelCopy, ModelVersion


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


def copied_bytes(organization: Organization) -> int:
    """Return the bytes of the files of copied versions; what was brought along counts elsewhere."""
    versions = ModelVersion.objects.filter(
        copied_from__organization=organization, imported__isnull=True
    ).values_list("files", flat=True)
    return sum(file["bytes"] for files in versions for file in files.values())
