"""Predictions whose images are kept, and what their organization has said about keeping."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max, Min, QuerySet, Sum
from django.utils import timezone

from accounts.models import Organization, User
from accounts.querysets import TenantQuerySet
from classifier.models import (
    KeptImage,
    KeptPrediction,
    Prediction,
    PredictionKeeping,
    RegisteredModel,
)
from classifier.prediction.selectors.predictions import visible_prediction
from common.errors import Conflict, NotFound

NOT_KEPT = "not_kept"


def keeping_of(organization: Organization) -> PredictionKeeping | None:
    """Return what the organization has said about keeping, None where it has never said."""
    return PredictionKeeping.objects.filter(organization=organization).first()


def keeping_organizations(organizations: Sequence[Organization]) -> set[uuid.UUID]:
    """Return those of the organizations that keep their predictions."""
    rows = PredictionKeeping.objects.filter(organization__in=organizations, enabled=True)
    return set(rows.values_list("organization", flat=True))


def kept_predictions(user: User) -> TenantQuerySet:
    """Return the predictions of the user's organizations whose images are kept, newest first.

    The owner of a model sees only what their own organization asked. What has expired is not
    among them, also while its file waits for the chore.
    """
    rows = KeptPrediction.objects.for_user(user).filter(
        expires_at__gt=timezone.now(), deleted_at=None
    )
    return rows.select_related(
        "organization",
        "prediction__organization",
        "prediction__model_version__model",
        "prediction__created_by",
        "prediction__feedback__created_by",
        "model_version__model",
    ).order_by("-created_at", "-id")


def models_of(user: User) -> QuerySet[RegisteredModel]:
    """Return the models that have answered what `user` sees, by name."""
    answered = KeptPrediction.objects.for_user(user).values("model_version__model")
    return RegisteredModel.objects.filter(pk__in=answered).order_by("name")


def visible_kept(user: User, prediction_id: uuid.UUID) -> KeptPrediction:
    """Return the kept images of a prediction; raises `NotFound` where `user` may not see it.

    Raises `Conflict` (`not_kept`) where the prediction is there and its image is not.
    """
    prediction = visible_prediction(user, prediction_id)
    found: KeptPrediction | None = kept_predictions(user).filter(prediction=prediction).first()
    if found is None:
        raise not_kept(prediction)
    return found


def kept_image(user: User, prediction_id: uuid.UUID, place: int) -> KeptImage:
    """Return one image of a prediction, counted from 0; raises as `visible_kept`."""
    files = visible_kept(user, prediction_id).files
    if place >= len(files):
        raise NotFound(f"This prediction has {len(files)} images, counted from 0; asked {place}.")
    return files[place]


def require_kept(prediction: Prediction) -> KeptPrediction:
    """Return the kept images of a prediction; raises `Conflict` (`not_kept`) and says why."""
    found = KeptPrediction.objects.filter(
        prediction=prediction, expires_at__gt=timezone.now(), deleted_at=None
    )
    kept = found.select_related("model_version__model").first()
    if kept is None:
        raise not_kept(prediction)
    return kept


def not_kept(prediction: Prediction) -> Conflict:
    """Return what is said where something needs the image of a prediction and it is not there."""
    organization = prediction.organization
    keeping = keeping_of(organization)
    if keeping is None or not keeping.enabled:
        return Conflict(
            f"This needs the image of the prediction, and {organization} keeps no predictions.",
            code=NOT_KEPT,
            hint=f"An admin of {organization} can have those to come kept: PUT "
            f"/api/v1/organizations/{organization.slug}/prediction-keeping/, or the "
            "organization's page.",
        )
    return Conflict(
        f"This needs the image of the prediction, and it is not kept. {organization} keeps images "
        f"for {keeping.days} days, while there is room; this one was asked before that was "
        "switched on, has expired, made room for later ones or was deleted.",
        code=NOT_KEPT,
    )


def kept_of(organization: Organization) -> QuerySet[KeptPrediction]:
    """Return all that the organization keeps, also what has expired and waits for the chore."""
    return KeptPrediction.objects.filter(organization=organization)


class KeptFigures(NamedTuple):
    """What an organization keeps now."""

    predictions: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


def kept_figures(organization: Organization) -> KeptFigures:
    """Return how much the organization keeps, but for what waits for its deletion."""
    rows = kept_of(organization).filter(expires_at__gt=timezone.now(), deleted_at=None)
    found = rows.aggregate(
        count=Count("pk"), bytes=Sum("bytes"), oldest=Min("created_at"), newest=Max("created_at")
    )
    return KeptFigures(found["count"], found["bytes"] or 0, found["oldest"], found["newest"])


def kept_bytes(organization: Organization) -> int:
    """Return what kept images count as stored: while keeping is on, all that they may take."""
    keeping = keeping_of(organization)
    reserved = keeping.max_bytes if keeping is not None and keeping.enabled else 0
    taken = kept_of(organization).aggregate(total=Sum("bytes"))["total"]
    return max(reserved, int(taken or 0))
