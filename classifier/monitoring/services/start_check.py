"""Have an organization's latest predictions of a model looked at."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.engine.measure.drift_judgement import MONTH_HOURS, level_of_look
from classifier.models import DriftCheck, DriftWatch, ModelVersion, RegisteredModel
from classifier.monitoring import kinds
from classifier.monitoring.selectors.drift import watch_of
from classifier.monitoring.selectors.reference import (
    LEAST,
    NoReference,
    predictions_of,
    reference_of,
)
from classifier.registry.selectors.availability import live_version
from common.errors import Conflict
from jobs.models import TERMINAL
from jobs.services.enqueue import enqueue

_MONTH = timedelta(hours=MONTH_HOURS)


@transaction.atomic
def start_check(*, user: User, model: RegisteredModel, organization: Organization) -> DriftCheck:
    """Look at the latest predictions of the live version now.

    Raises `Forbidden` below editor of the organization, `Conflict` (`nothing_live`,
    `too_few_predictions`, `no_reference`, `under_way`, `too_many_open`).
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    version = live_version(model)
    if version is None:
        raise Conflict(f"No version of {model} is live.", code="nothing_live")
    watch = watch_of(organization, model)
    count = predictions_of(version, organization)[: watch.window].count()
    if count < LEAST:
        raise Conflict(
            f"{organization} has asked {version} about {count} single images; at least {LEAST} are "
            "needed.",
            code="too_few_predictions",
        )
    reference = reference_of(version, organization, watch)
    if isinstance(reference, NoReference):
        raise Conflict(reference.detail, code="no_reference")
    check = queue_check(user=user, watch=watch, version=version, scheduled=False)
    audit.record(actor=user, action="drift_check.start", target=check, model=str(model.pk))
    return check


def queue_check(
    *, user: User | None, watch: DriftWatch, version: ModelVersion, scheduled: bool
) -> DriftCheck:
    """Queue a look, in the caller's transaction; raises `Conflict` while one is under way.

    Its level shares the month's chance of a false alarm among the scheduled looks and those that
    people have asked for.
    """
    organization, model = watch.organization, watch.model
    # One at a time: the organization's row is held.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    checks = DriftCheck.objects.filter(organization=organization, model=model)
    if checks.exclude(job__status__in=TERMINAL).exists():
        raise Conflict("A drift check of this model is under way.", code="under_way")
    asked = checks.filter(scheduled=False, created_at__gt=timezone.now() - _MONTH).count()
    looks = MONTH_HOURS // watch.every_hours if watch.enabled else 0
    job = enqueue(
        kind=kinds.CHECK_DRIFT,
        organization=organization,
        created_by=user,
        title=f"Drift check of {version}",
        payload={"model": str(model.pk), "model_version": str(version.pk)},
    )
    return DriftCheck.objects.create(
        organization=organization,
        model=model,
        model_version=version,
        job=job,
        scheduled=scheduled,
        level=level_of_look(looks + asked + (0 if scheduled else 1)),
    )
