"""Say what a prediction should have answered, and let its image go into a dataset."""

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import (
    FeedbackSource,
    KeptPrediction,
    Prediction,
    PredictionFeedback,
)
from classifier.prediction.selectors.kept import require_kept
from classifier.prediction.services.add_to_dataset import add_to_dataset as add_images
from datasets.models import Dataset
from datasets.models.annotation import FEEDBACK, REVIEW
from datasets.services.labelling.classes import clean_class_name_at


def give_feedback(
    *,
    user: User,
    prediction: Prediction,
    class_name: str,
    add_to_dataset: Dataset | None = None,
    source: FeedbackSource = FeedbackSource.PERSON,
) -> PredictionFeedback:
    """Set the true class of a prediction; what was said before is replaced and stays in the log.

    With `add_to_dataset`, its image, or all images of the one thing, become images of that class
    there first; done twice, they are there once. Editors of the organization that asked may.
    Raises `NotFound`, `Forbidden`, `Conflict` (`not_kept`; `labelled_otherwise` where the dataset
    has the image in another class), `Invalid`, and what an upload of images raises.
    """
    require_role(user=user, organization=prediction.organization, role=Role.EDITOR)
    class_name = clean_class_name_at(class_name, "/class_name")
    kept = require_kept(prediction)
    images = []
    if add_to_dataset is not None:
        images = add_images(
            user=user,
            kept=kept,
            dataset=add_to_dataset,
            class_name=class_name,
            source=REVIEW if source == FeedbackSource.REVIEW else FEEDBACK,
        )
    with transaction.atomic():
        feedback = _said(user, kept, class_name, source)
        if add_to_dataset is not None:
            feedback.images.set(images)
    return feedback


@transaction.atomic
def take_back_feedback(*, user: User, prediction: Prediction) -> None:
    """Forget what was said; images that went into a dataset stay there. Without any, do nothing."""
    require_role(user=user, organization=prediction.organization, role=Role.EDITOR)
    feedback = PredictionFeedback.objects.select_for_update().filter(prediction=prediction).first()
    if feedback is not None:
        audit.record(
            actor=user,
            action="prediction.feedback_taken_back",
            target=prediction,
            class_name=feedback.class_name,
        )
        feedback.delete()


def _said(
    user: User, kept: KeptPrediction, class_name: str, source: FeedbackSource
) -> PredictionFeedback:
    # Two who speak at once are written down one after the other.
    prediction: Prediction = kept.prediction.lock()
    before = PredictionFeedback.objects.filter(prediction=prediction).first()
    feedback, _ = PredictionFeedback.objects.update_or_create(
        prediction=prediction,
        defaults={
            "class_name": class_name,
            "correct": class_name == kept.class_name,
            "known": class_name in kept.model_version.class_names,
            "source": source,
            "created_by": user,
        },
    )
    audit.record(
        actor=user,
        action="prediction.feedback",
        target=prediction,
        class_name=class_name,
        before=before.class_name if before else None,
        source=source,
    )
    return feedback
