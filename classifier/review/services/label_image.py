"""An answer about an image of a dataset: it gets the class, or keeps it."""

from typing import Any, cast

from accounts.models import User
from classifier.models import ReviewItem, ReviewStatus
from common.errors import FieldError, Invalid
from datasets.models import Dataset, Image, QualityItem
from datasets.models.annotation import REVIEW
from datasets.services.labelling.annotate import annotate
from datasets.services.quality.dismiss_item import set_dismissed
from datasets.services.quality.keep_label import keep_label


def label_image(
    user: User, item: ReviewItem, name: str, add_to_dataset: Dataset | None
) -> dict[str, Any]:
    """Give the item's image the class, in the caller's transaction; return what an undo needs.

    Raises `Invalid` for another dataset, `Conflict` where the image has another class by now.
    """
    image = cast(Image, item.image)
    if add_to_dataset is not None and add_to_dataset.pk != image.dataset_id:
        detail = (
            f"This is an image of {image.dataset.name}, and is labelled there; another dataset "
            "was given."
        )
        raise Invalid(detail, errors=[FieldError("/add_to_dataset", "other_dataset", detail)])
    seen = item.given_class.name if item.given_class else ""
    if name == seen:
        likelier = item.suggested[0]["class_name"] if item.suggested else ""
        kept = keep_label(user=user, image=image, expected_class=seen, instead_of=likelier)
        return {"kept_label": str(kept.pk)}
    annotate(
        user=user,
        dataset=image.dataset,
        class_names={image.pk: name},
        expected={image.pk: seen},
        source=REVIEW,
    )
    return {"images": [{"id": str(image.pk), "added": False, "class_name": seen}]}


def doubt_again(user: User, item: ReviewItem) -> None:
    """Take back that a label is right, where the finding is still there."""
    found = QualityItem.objects.filter(pk=item.undo["kept_label"])
    finding = found.select_related("report__dataset__organization").first()
    if finding is not None:
        set_dismissed(user=user, item=finding, dismissed=False)


def forget_later_doubt(item: ReviewItem) -> None:
    """Delete an open item about the same image: a later check may have doubted the answer."""
    ReviewItem.objects.filter(image=item.image, status=ReviewStatus.OPEN).delete()
