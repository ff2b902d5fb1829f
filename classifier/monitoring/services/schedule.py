"""Queue the looks that are due."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Organization
from classifier.models import DriftWatch, ModelVersion, PredictionFigures, RegisteredModel, Step
from classifier.models.alias import CHAMPION
from classifier.monitoring.selectors.drift import watch_of
from classifier.monitoring.selectors.reference import NoReference, predictions_of, reference_of
from classifier.monitoring.services.start_check import queue_check
from common.errors import Conflict

_LOOKED_AT_FOR = timedelta(days=31)
_AT_ONCE = 20


def check_what_is_due() -> None:
    """Queue a look at each live version that was asked often enough since the last one; a chore.

    Windows of scheduled looks never share a prediction.
    """
    now = timezone.now()
    asked = (
        PredictionFigures.objects.filter(
            step=Step.DAY,
            at__gte=now - _LOOKED_AT_FOR,
            model_version__alias_set__alias=CHAMPION,
            model_version__model__archived_at=None,
        )
        .values("organization", "model_version", "model_version__model")
        .annotate(count=Sum("count"))
        .order_by("organization", "model_version")
    )
    watches = {
        (row.organization_id, row.model_id): row
        for row in DriftWatch.objects.filter(
            model__in={each["model_version__model"] for each in asked}
        )
    }
    started = 0
    for each in asked:
        watch = watches.get((each["organization"], each["model_version__model"])) or DriftWatch()
        if not _may_be_due(watch, each["count"]):
            continue
        started += _look(each["organization"], each["model_version"])
        if started == _AT_ONCE:
            return


def _may_be_due(watch: DriftWatch, count: int) -> bool:
    if not watch.enabled or count < watch.window:
        return False
    last = watch.looked_at
    return last is None or timezone.now() - last >= timedelta(hours=watch.every_hours)


@transaction.atomic
def _look(organization_id: object, version_id: object) -> bool:
    """Queue a look where the window is full and there is something to compare with."""
    organization = Organization.objects.get(pk=organization_id)
    version = ModelVersion.objects.select_related("model__organization").get(pk=version_id)
    watch = _stored(organization, version.model)
    rows = predictions_of(version, organization)
    if watch.seen_until is not None:
        rows = rows.filter(created_at__gt=watch.seen_until)
    if not _may_be_due(watch, rows[: watch.window].count()):
        return False
    if isinstance(reference_of(version, organization, watch), NoReference):
        return False
    try:
        queue_check(user=None, watch=watch, version=version, scheduled=True)
    except Conflict:
        return False
    watch.looked_at = timezone.now()
    watch.save(update_fields=["looked_at"])
    return True


def _stored(organization: Organization, model: RegisteredModel) -> DriftWatch:
    watch = watch_of(organization, model)
    if watch._state.adding:
        DriftWatch.objects.get_or_create(organization=organization, model=model)
        watch = watch_of(organization, model)
    return watch
