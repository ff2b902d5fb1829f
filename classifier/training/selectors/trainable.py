"""Dataset versions that a person may train and evaluate on, and experiment with."""

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Role
from datasets.models import DatasetVersion


def trainable_versions(user: User) -> QuerySet[DatasetVersion]:
    """Return the versions of datasets that `user` may edit and that are not in the trash."""
    return (
        DatasetVersion.objects.for_user(user, Role.EDITOR)
        .filter(dataset__deleted_at=None)
        .select_related("dataset")
        .order_by("-created_at", "-id")
    )


def versions_to_learn_from(user: User) -> QuerySet[DatasetVersion]:
    """Return the same, and those of datasets that are shared with an organization where `user` is
    an editor: for one run or one evaluation, not for experiments."""
    return (
        DatasetVersion.objects.for_reader(user, Role.EDITOR)
        .filter(dataset__deleted_at=None)
        .select_related("dataset__organization")
        .order_by("-created_at", "-id")
    )
