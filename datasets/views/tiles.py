"""An image in a gallery's grid."""

from dataclasses import dataclass

from django.urls import reverse

from datasets.models import Image
from datasets.selectors.suggestions import Suggestions


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
    suggested_class: str = ""
    certainty: str = ""


def tile(image: Image, query: str = "", found: Suggestions | None = None) -> Tile:
    """Return the tile of an image; `query` keeps the gallery's filters on its page.

    `found`: what is suggested in its dataset.
    """
    suggested = found.of(image.pk) if found and image.class_label_id is None else None
    return Tile(
        id=str(image.pk),
        name=image.name,
        class_name=image.class_label.name if image.class_label else "",
        suggested_class=suggested.class_name if suggested else "",
        certainty=in_percent(suggested.probability) if suggested else "",
        split=image.split,
        width=image.width,
        height=image.height,
        excluded=image.excluded_at is not None,
        thumbnail_url=reverse("api:image-thumbnail", args=[image.pk]),
        url=reverse("datasets:image", args=[image.pk]) + query,
    )


def in_percent(probability: float) -> str:
    """Return 0.957 as "96 %"; nothing is certain, so 0.998 is "99 %"."""
    return f"{min(99, round(100 * probability))} %"
