"""Answer an item of the review queue, pass it over, or take the answer back."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import (
    FeedbackSource,
    KeptPrediction,
    PredictionFeedback,
    ReviewItem,
    ReviewStatus,
)
from classifier.prediction.services.give_feedback import give_feedback, take_back_feedback
from classifier.review.limits import CLAIM_MINUTES
from classifier.review.services.claim import require_unclaimed
from classifier.review.services.into_dataset import (
    changes,
    classes_before,
    place_result,
    take_out,
)
from classifier.review.services.label_image import doubt_again, forget_later_doubt, label_image
from common.errors import Conflict, FieldError, Invalid, NotFound
from datasets.models import Dataset
from datasets.services.labelling.classes import checked_class_name


def answer_item(
    *, user: User, item: ReviewItem, class_name: str, add_to_dataset: Dataset | None = None
) -> ReviewItem:
    """Answer an item with the name of a class.

    An image of a dataset gets it, by review; that a doubted label is right is kept for later
    checks. About a prediction it becomes its feedback. With `add_to_dataset` the image of a
    prediction or of a batch becomes one of that dataset first. Raises `NotFound`, `Forbidden`,
    `Invalid`, and `Conflict`: `answered` before, `claimed` by another person, `changed_meanwhile`
    where the image was labelled elsewhere, `labelled_otherwise` where the dataset has it in
    another class.
    """
    name = checked_class_name(class_name, "/class_name")
    if not name:
        detail = "An answer is the name of a class; to decide later, send skip."
        raise Invalid(detail, errors=[FieldError("/class_name", "blank", detail)])
    if item.kept is not None:
        return _answer_prediction(user, item, item.kept, name, add_to_dataset)
    with transaction.atomic():
        item = _open_item(user, item)
        if item.image is not None:
            undo = label_image(user, item, name, add_to_dataset)
        else:
            undo = place_result(user, item, name, add_to_dataset)
        return _answered(user, item, name, undo)


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
    """Take back an answer or a skip of the user's own: all is as it was, and the item theirs.

    Raises `Conflict` (`changed_meanwhile`) where an image has another class by now, `not_yours`
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
    _claim(user, item)
    item.save()
    return item


def _answer_prediction(
    user: User, item: ReviewItem, kept: KeptPrediction, name: str, dataset: Dataset | None
) -> ReviewItem:
    """Give feedback between two transactions: its image may have to be decoded.

    Where this process dies in between, the feedback says that the item is no longer open.
    """
    with transaction.atomic():
        item = _open_item(user, item)
        kept.prediction.lock()
        said = PredictionFeedback.objects.filter(prediction=kept.prediction)
        if (other := said.select_related("created_by").first()) is not None:
            raise Conflict(
                f"{other.created_by or 'Someone'} has said since that this is {other.class_name}. "
                "That stands.",
                code="changed_meanwhile",
            )
        _claim(user, item)
        item.save(update_fields=["claimed_by", "claimed_until"])
    before = classes_before(dataset, kept.contents)
    feedback = give_feedback(
        user=user,
        prediction=kept.prediction,
        class_name=name,
        add_to_dataset=dataset,
        source=FeedbackSource.REVIEW,
    )
    images = list(feedback.images.all()) if dataset is not None else []
    with transaction.atomic():
        return _answered(user, _locked(item), name, {"images": changes(images, before)})


def _answered(user: User, item: ReviewItem, name: str, undo: dict[str, Any]) -> ReviewItem:
    item.status, item.class_name = ReviewStatus.ANSWERED, name
    item.answered_by, item.answered_at = user, timezone.now()
    item.claimed_by, item.claimed_until, item.undo = None, None, undo
    item.save()
    audit.record(actor=user, action="review.answer", target=item, class_name=name)
    return item


def _take_back(user: User, item: ReviewItem) -> None:
    if item.image is not None:
        forget_later_doubt(item)
    _require_own_feedback(user, item)
    if "kept_label" in item.undo:
        doubt_again(user, item)
    take_out(user, item)
    if item.kept is not None:
        take_back_feedback(user=user, prediction=item.kept.prediction)


def _require_own_feedback(user: User, item: ReviewItem) -> None:
    """Raise `Conflict` where another person has said something else of the prediction since."""
    if item.kept is None:
        return
    item.kept.prediction.lock()
    said = PredictionFeedback.objects.filter(prediction=item.kept.prediction).first()
    if said is not None and (
        said.source != FeedbackSource.REVIEW
        or said.created_by_id != user.pk
        or said.class_name != item.class_name
    ):
        raise Conflict(
            f"It was said since that this is {said.class_name}. That stands.",
            code="changed_meanwhile",
        )


def _claim(user: User, item: ReviewItem) -> None:
    item.claimed_by = user
    item.claimed_until = timezone.now() + timedelta(minutes=CLAIM_MINUTES)


def _locked(item: ReviewItem) -> ReviewItem:
    """Return the item as it stands, locked; after its dataset, as a selection does."""
    if item.dataset is not None:
        item.dataset.lock()
    rows = ReviewItem.objects.select_for_update(of=("self",)).select_related(
        "organization", "model", "dataset__organization", "image__dataset__organization",
        "image__class_label", "given_class", "claimed_by", "answered_by",
        "kept__prediction__organization", "batch_result__batch__organization",
        "batch_result__image__class_label", "batch_result__image__dataset__organization",
    )  # fmt: skip
    found = rows.filter(pk=item.pk).first()
    if found is None:
        raise NotFound("This is gone from the queue: its image was deleted, or its time was over.")
    return found


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
