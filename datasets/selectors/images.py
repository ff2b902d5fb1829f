"""Reading images, annotations and classes."""

import uuid

from django.db.models import QuerySet

from accounts.models import User
from common.errors import NotFound
from datasets.models import ClassLabel, Dataset, Image


def images_of(dataset: Dataset) -> QuerySet[Image]:
    """Return the images of a dataset that are not in the trash, newest first."""
    return (
        Image.objects.alive()
        .filter(dataset=dataset)
        .select_related("class_label")
        .order_by("-created_at", "-id")
    )


def visible_image(user: User, image_id: uuid.UUID, *, in_trash: bool = False) -> Image:
    """Return an image of a dataset that `user` may see, or with `in_trash` also one from there.

    Raises `NotFound`.
    """
    rows = Image.objects.for_user(user) if in_trash else Image.objects.for_user(user).alive()
    image = (
        rows.filter(pk=image_id, dataset__deleted_at=None)
        .select_related("class_label", "dataset__organization")
        .first()
    )
    if image is None:
        raise NotFound("There is no such image, or you may not see it.")
    return image


def visible_class(user: User, class_id: uuid.UUID) -> ClassLabel:
    """Return a class of a dataset that `user` may see; raises `NotFound`."""
    label = (
        ClassLabel.objects.for_user(user)
        .filter(pk=class_id, dataset__deleted_at=None)
        .select_related("dataset__organization")
        .first()
    )
    if label is None:
        raise NotFound("There is no such class, or you may not see it.")
    return label
