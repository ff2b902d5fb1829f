"""Reading the images that have no class."""

from django.db.models import QuerySet

from datasets.models import DatasetVersion, Image


def unlabelled_images(version: DatasetVersion) -> QuerySet[Image]:
    """Return the images of the version's dataset that have no class, as they stand now."""
    images = Image.objects.alive().filter(dataset=version.dataset)
    return images.filter(class_label=None, excluded_at=None)


def images_left(version: DatasetVersion, contents: list[str]) -> list[str]:
    """Return those of the contents that the dataset still has outside the trash, in order."""
    images = Image.objects.alive().filter(dataset=version.dataset, sha256__in=contents)
    there = set(images.values_list("sha256", flat=True))
    return [content for content in contents if content in there]
