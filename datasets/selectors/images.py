"""Reading images and what was done to them."""

import uuid

from django.db.models import QuerySet

from accounts.models import User
from common.errors import NotFound
from datasets.models import BulkEdit, Dataset, Image
from datasets.models.image import ImageQuerySet
from datasets.selectors.trash import restorable


def images_of(dataset: Dataset, *, in_trash: bool = False) -> QuerySet[Image]:
    """Return the images of a dataset that are not in the trash, or those that are, newest first."""
    images = all_images_of(dataset)
    return restorable(images) if in_trash else images.alive()


def all_images_of(dataset: Dataset) -> ImageQuerySet:
    """Return the images of a dataset, those in the trash too, newest first."""
    return (
        Image.objects.filter(dataset=dataset)
        .select_related("class_label", "labelled_by")
        .order_by("-created_at", "-id")
    )


def visible_image(user: User, image_id: uuid.UUID, *, in_trash: bool = False) -> Image:
    """Return an image of a dataset that `user` may see, or with `in_trash` also one from there.

    Raises `NotFound`, with code `forgotten` for one that was forgotten and that versions hold.
    """
    images = Image.objects.for_user(user).filter(dataset__deleted_at=None)
    _refuse_forgotten(images, image_id)
    return (
        (images if in_trash else images.alive())
        .select_related("class_label", "labelled_by", "dataset__organization")
        .get_visible(image_id)
    )


def kept_image(user: User, image_id: uuid.UUID) -> Image:
    """Return an image that `user` may see and that still has its file, wherever it was put.

    Also of a dataset in the trash, or one that only its versions keep: what is kept there can be
    forgotten. Raises `NotFound` as `visible_image`.
    """
    images = Image.objects.for_user(user)
    _refuse_forgotten(images, image_id)
    return images.select_related("class_label", "dataset__organization").get_visible(image_id)


def _refuse_forgotten(images: QuerySet[Image], image_id: uuid.UUID) -> None:
    """Raise `NotFound` for what is left of a forgotten image.

    Another organization may have the same file, which must not be shown in its place.
    """
    if images.filter(pk=image_id).exclude(forgetting=None).exists():
        raise NotFound(
            "This image was forgotten: its file, name and metadata are gone, and only its hash is "
            "left in the versions that held it.",
            code="forgotten",
        )


def readable_image(user: User, image_id: uuid.UUID) -> Image:
    """Return an image that `user` may read: their organization's, also from the trash, or shared.

    Raises `NotFound`.
    """
    images = Image.objects.for_reader(user).filter(dataset__deleted_at=None)
    _refuse_forgotten(images, image_id)
    image: Image = images.select_related(
        "class_label", "labelled_by", "dataset__organization"
    ).get_visible(image_id)
    image.dataset.is_shared = image.is_shared
    return image


def visible_edit(user: User, edit_id: uuid.UUID) -> BulkEdit:
    """Return a change of many images of a dataset that `user` may see; raises `NotFound`."""
    edit = (
        BulkEdit.objects.for_user(user)
        .filter(pk=edit_id, dataset__deleted_at=None)
        .select_related("dataset__organization")
        .first()
    )
    if edit is None:
        raise NotFound("There is no such change, or it is too old to be undone.")
    return edit
