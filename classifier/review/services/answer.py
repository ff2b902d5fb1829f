"""Answer an item of the review queue, pass it over, or take the answer back."""

from datetime import timedelta
from typing import cast

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import ReviewItem, ReviewStatus
from classifier.review.limits import CLAIM_MINUTES
from classifier.review.services.claim import require_unclaimed
from common.errors import Conflict, FieldError, Invalid
from datasets.models import Dataset, Image, QualityItem
from datasets.models.annotation import REVIEW
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.classes import checked_class_name
from datasets.services.quality.dismiss_item import set_dismissed
from datasets.services.quality.keep_label import keep_label


@transaction.atomic
def answer_item(
    *, user: User, item: ReviewItem, class_name: str, add_to_dataset: Dataset | None = None
) -> ReviewItem:
    """Answer an item with the name of a class: an image of a dataset gets it, by review.

    `add_to_dataset` is for what is no image of a dataset yet. That a doubted label is right is kept
    for later checks. Raises `NotFound`, `Forbidden`, `Invalid`, and `Conflict`: `answered` before,
    `claimed` by another person, `changed_meanwhile` where the image was labelled elsewhere.
    """
    item = _open_item(user, item)
    name = checked_class_name(class_name, "/class_name")
    if not name:
        detail = "An answer is the name of a class; to decide later, send skip."
        raise Invalid(detail, errors=[FieldError("/class_name", "blank", detail)])
    undo = _label_image(user, item, name, add_to_dataset)
    item.status, item.class_name = ReviewStatus.ANSWERED, name
    item.answered_by, item.answered_at = user, timezone.now()
    item.claimed_by, item.claimed_until, item.undo = None, None, undo
    item.save()
    audit.record(actor=user, action="review.answer", target=item, class_name=name)
    return item


@transaction.atomic
def skip_item(*, user: User, item: ReviewItem) -> ReviewItem:
    """Decide later: the item goes to others first, and this person is not given it again.

    Raises as `answer_item`.
    """
    item = _open_item(user, item)
    if user.pk not in item.skipped_by:
        item.skipped_by = [*item.skipped_by, user.pk]
    item.claimed_by, item.claimed_until = None, None
    item.save(update_fields=["skipped_by", "claimed_by", "claimed_until"])
    return item


@transaction.atomic
def undo_answer(*, user: User, item: ReviewItem) -> ReviewItem:
    """Take back an answer or a skip of the user's own: the image is as it was, the item theirs.

    Raises `Conflict` (`changed_meanwhile`) where the image has another class by now, `not_yours`
    where another person answered, and `NotFound`, `Forbidden`.
    """
    require_role(user=user, organization=item.organization, role=Role.EDITOR)
    item = _locked(item)
    if item.status == ReviewStatus.ANSWERED:
        if item.answered_by_id != user.pk:
            raise Conflict("Another person answered this: only they can undo it.", code="not_yours")
        _take_back(user, item)
        audit.record(actor=user, action="review.undo", target=item, class_name=item.class_name)
    else:
        require_unclaimed(item, user)
    item.skipped_by = [each for each in item.skipped_by if each != user.pk]
    item.status, item.class_name, item.undo = ReviewStatus.OPEN, "", {}
    item.answered_by, item.answered_at = None, None
    item.claimed_by = user
    item.claimed_until = timezone.now() + timedelta(minutes=CLAIM_MINUTES)
    item.save()
    return item


def _locked(item: ReviewItem) -> ReviewItem:
    """Return the item as it stands, locked; after its dataset, as a selection does."""
    if item.dataset is not None:
        item.dataset.lock()
    rows = ReviewItem.objects.select_for_update(of=("self",)).select_related(
        "organization", "model", "dataset__organization", "image__dataset__organization",
        "image__class_label", "given_class", "claimed_by", "answered_by",
    )  # fmt: skip
    return rows.get(pk=item.pk)


def _open_item(user: User, item: ReviewItem) -> ReviewItem:
    """Return the item, locked, for a person who may answer it now."""
    require_role(user=user, organization=item.organization, role=Role.EDITOR)
    item = _locked(item)
    if item.status != ReviewStatus.OPEN:
        raise Conflict(
            f"{item.answered_by or 'Someone'} has answered this: {item.class_name}.",
            code="answered",
        )
    require_unclaimed(item, user)
    return item


def _label_image(
    user: User, item: ReviewItem, name: str, add_to_dataset: Dataset | None
) -> dict[str, str]:
    """Give the item's image the class; return what an undo needs."""
    image = cast(Image, item.image)
    if add_to_dataset is not None and add_to_dataset.pk != image.dataset_id:
        detail = (
            f"This is an image of {image.dataset.name}, and is labelled there; another dataset "
            "was given."
        )
        raise Invalid(detail, errors=[FieldError("/add_to_dataset", "other_dataset", detail)])
    seen = item.given_class.name if item.given_class else ""
    if name == seen:
        kept = keep_label(
            user=user, image=image, expected_class=seen, instead_of=_suggested_name(item)
        )
        return {"kept": str(kept.pk)}
    annotate(
        user=user,
        dataset=image.dataset,
        class_names={image.pk: name},
        expected={image.pk: seen},
        source=REVIEW,
    )
    return {"class_name": seen}


def _take_back(user: User, item: ReviewItem) -> None:
    image = cast(Image, item.image)
    # A later check may have doubted the answer.
    ReviewItem.objects.filter(image=image, status=ReviewStatus.OPEN).delete()
    if kept := item.undo.get("kept"):
        found = QualityItem.objects.filter(pk=kept).select_related("report__dataset__organization")
        if (dismissed := found.first()) is not None:
            set_dismissed(user=user, item=dismissed, dismissed=False)
        return
    annotate(
        user=user,
        dataset=image.dataset,
        class_names={image.pk: item.undo["class_name"]},
        expected={image.pk: item.class_name},
        source=REVIEW,
    )


def _suggested_name(item: ReviewItem) -> str:
    return item.suggested[0]["class_name"] if item.suggested else ""
