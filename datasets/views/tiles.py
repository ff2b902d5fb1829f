"""An image in a gallery's grid."""

from dataclasses import dataclass

from django.urls import reverse

from datasets.models import Image


@dataclass(frozen=True)
class Tile:
    """An image as the gallery's template wants it."""

    id: str
    name: str
    class_name: str
    split: str
    width: int
    height: int
    excluded: bool
    thumbnail_url: str
    url: str


def tile(image: Image, query: str = "") -> Tile:
    """Return the tile of an image; `query` keeps the gallery's filters on its page."""
    return Tile(
        id=str(image.pk),
        name=image.name,
        class_name=image.class_label.name if image.class_label else "",
        split=image.split,
        width=image.width,
        height=image.height,
        excluded=image.excluded_at is not None,
        thumbnail_url=reverse("api:image-thumbnail", args=[image.pk]),
        url=reverse("datasets:image", args=[image.pk]) + query,
    )
