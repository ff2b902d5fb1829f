"""Where the image of an item lies, and what it is called."""

from dataclasses import dataclass

from django.urls import reverse

from classifier.models import ReviewItem


@dataclass(frozen=True)
class About:
    """An image as pages and the API show it."""

    name: str
    file_url: str
    thumbnail_url: str


def about(item: ReviewItem) -> About:
    """Return the image that an item is about, of a dataset, a kept prediction or a batch."""
    image, result = item.image, item.batch_result
    if item.kept is not None:
        found = [item.kept.prediction_id, 0]
        return About(
            item.kept.images[0]["name"],
            reverse("api:prediction-file", args=found),
            reverse("api:prediction-thumbnail", args=found),
        )
    if result is not None:
        if result.image is None:
            place = [result.batch_id, result.index]
            return About(
                result.name,
                reverse("api:batch-image", args=place),
                reverse("api:batch-thumbnail", args=place),
            )
        image = result.image
    if image is None:
        raise ValueError("an item is about something")
    return About(
        image.name,
        reverse("api:image-file", args=[image.pk]),
        reverse("api:image-thumbnail", args=[image.pk]),
    )
