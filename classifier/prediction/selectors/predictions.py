"""Predictions that were kept, and a few images to try a model with."""

import uuid

from django.utils import timezone

from accounts.models import User
from accounts.querysets import TenantQuerySet
from accounts.selectors.sharing import may_read
from classifier.models import KeptPrediction, ModelVersion, Prediction
from datasets.models import Image, Sample, Split

COUNT = 12


def _visible(user: User) -> TenantQuerySet:
    """Return the user's, but for those that someone has deleted and the chore has not yet."""
    return Prediction.objects.for_user(user).filter(kept__deleted_at=None)


def visible_prediction(user: User, prediction_id: uuid.UUID) -> Prediction:
    """Return a prediction with its version; raises `NotFound` for one that `user` may not see."""
    rows = _visible(user).select_related("model_version__model__organization", "organization")
    return rows.get_visible(prediction_id)


def prediction_with_images(
    user: User, prediction_id: uuid.UUID
) -> tuple[Prediction, KeptPrediction | None]:
    """Return a prediction, and its images where they are kept; raises `NotFound`."""
    rows = _visible(user).select_related(
        "model_version__model", "organization", "created_by", "feedback__created_by", "kept"
    )
    prediction: Prediction = rows.get_visible(prediction_id)
    kept: KeptPrediction | None = getattr(prediction, "kept", None)
    if kept is None or kept.expires_at <= timezone.now():
        return prediction, None
    return prediction, kept


def some_test_samples(version: ModelVersion) -> list[Sample]:
    """Return up to twelve samples of the version's test split, spread over its classes.

    Only of images that are not in the trash; always the same ones.
    """
    owner, learned = version.model.organization, version.dataset_version
    if learned is None or (owner is not None and not may_read(owner, learned.dataset.subject)):
        return []
    samples = (
        Sample.objects.kept()
        .filter(
            version_id=version.dataset_version_id,
            split=Split.TEST,
            image__in=Image.objects.alive(),
        )
        .select_related("image")
    )
    classes = len(version.class_names)
    each = max(1, COUNT // max(1, classes))
    chosen: list[Sample] = []
    for index in range(min(classes, COUNT)):
        chosen += samples.filter(class_index=index).order_by("sha256")[:each]
    return chosen[:COUNT]
