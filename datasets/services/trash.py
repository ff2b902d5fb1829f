"""The trash: datasets and images that are put away, and datasets that come back."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from datasets.models import Dataset, Image
from datasets.policies import require_editable


@transaction.atomic
def trash_dataset(*, user: User, dataset: Dataset) -> None:
    """Move a dataset to the trash; its versions, runs and models stay usable."""
    require_editable(user=user, dataset=dataset)
    dataset.deleted_at = timezone.now()
    dataset.save(update_fields=["deleted_at"])
    audit.record(actor=user, action="dataset.trash", target=dataset)


@transaction.atomic
def restore_dataset(*, user: User, dataset: Dataset) -> Dataset:
    """Take a dataset out of the trash; one that is not there stays as it is."""
    require_role(user=user, organization=dataset.organization, role=Role.EDITOR)
    if dataset.deleted_at is None:
        return dataset
    dataset.deleted_at = None
    dataset.save(update_fields=["deleted_at"])
    audit.record(actor=user, action="dataset.restore", target=dataset)
    return dataset


@transaction.atomic
def trash_image(*, user: User, image: Image) -> None:
    """Move an image to the trash; versions that hold it keep it."""
    require_editable(user=user, dataset=image.dataset)
    image.deleted_at = timezone.now()
    image.save(update_fields=["deleted_at"])
    audit.record(actor=user, action="image.trash", target=image, name=image.name)


@transaction.atomic
def restore_image(*, user: User, image: Image) -> Image:
    """Take an image out of the trash; one that is not there stays as it is."""
    require_editable(user=user, dataset=image.dataset)
    if image.deleted_at is None:
        return image
    image.deleted_at = None
    image.save(update_fields=["deleted_at"])
    audit.record(actor=user, action="image.restore", target=image, name=image.name)
    return image
