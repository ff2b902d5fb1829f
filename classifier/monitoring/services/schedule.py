"""Queue the looks that are due."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Organization
from classifier.models import DriftWatch, ModelVersion, PredictionFigures, RegisteredModel, Step
from classifier.models.alias import CHAMPION
from classifier.monitoring.selectors.drift import watch_of
from classifier.monitoring.selectors.reference import LEAST, NoReference, reference_of
from classifier.monitoring.selectors.window import different, window_rows
from classifier.monitoring.services.start_check import queue_check
from common.errors import Conflict

_LOOKED_AT_FOR = timedelta(days=31)
_AT_ONCE = 20
_SLACK = timedelta(minutes=30)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def check_what_is_due() -> None:
    """Queue a look at each live version that was asked often enough since the last one; a chore.

    Up to 20 an hour in this Loupe, those first that have waited longest. Only versions that were
    asked within 31 days are looked at.
    """
    asked = (
        PredictionFigures.objects.filter(
            step=Step.DAY,
            at__gte=timezone.now() - _LOOKED_AT_FOR,
            model_version__alias_set__alias=CHAMPION,
            model_version__model__archived_at=None,
        )
        .values_list("organization", "model_version", "model_version__model")
        .annotate(count=Sum("count"))
    )
    watches = {
        (row.organization_id, row.model_id): row
        for row in DriftWatch.objects.filter(model__in={model for _, _, model, _ in asked})
    }
    due = []
    for organization, version, model, count in asked:
        watch = watches.get((organization, model)) or DriftWatch()
        if _may_be_due(watch, count):
            due.append((watch.looked_at or _LONG_AGO, organization, version))
    started = 0
    for _, organization, version in sorted(due):
        started += _look(organization, version)
        if started == _AT_ONCE:
            return


def _may_be_due(watch: DriftWatch, count: int) -> bool:
    if not watch.enabled or count < watch.window:
        return False
    # The chore comes once an hour, not on the minute.
    pause = timedelta(hours=watch.every_hours) - _SLACK
    return watch.looked_at is None or timezone.now() - watch.looked_at >= pause


@transaction.atomic
def _look(organization_id: UUID, version_id: UUID) -> bool:
    """Queue a look where the window is full and there is something to compare with."""
    organization = Organization.objects.get(pk=organization_id)
    version = ModelVersion.objects.select_related("model__organization").get(pk=version_id)
    watch = _stored(organization, version.model)
    rows = window_rows(version, organization, watch, scheduled=True)
    if not _may_be_due(watch, rows[: watch.window].count()) or different(rows, LEAST) < LEAST:
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
