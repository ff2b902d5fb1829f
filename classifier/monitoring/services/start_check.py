"""Have an organization's latest predictions of a model looked at."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.engine.measure.drift_judgement import (
    ASKED_A_MONTH,
    MONTH_HOURS,
    level_of_look,
)
from classifier.models import DriftCheck, DriftWatch, ModelVersion, RegisteredModel
from classifier.monitoring import kinds
from classifier.monitoring.selectors.drift import watch_of
from classifier.monitoring.selectors.reference import (
    LEAST,
    NoReference,
    reference_of,
)
from classifier.monitoring.selectors.window import different, window_rows
from classifier.registry.selectors.availability import live_version
from common.errors import Conflict
from jobs.models import TERMINAL
from jobs.services.enqueue import enqueue

_MONTH = timedelta(hours=MONTH_HOURS)


@transaction.atomic
def start_check(*, user: User, model: RegisteredModel, organization: Organization) -> DriftCheck:
    """Look at the latest predictions of the live version now.

    Raises `Forbidden` below editor of the organization, `Conflict` (`nothing_live`,
    `too_few_predictions`, `no_reference`, `under_way`, `too_many_checks`, `too_many_open`).
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    version = live_version(model)
    if version is None:
        raise Conflict(f"No version of {model} is live.", code="nothing_live")
    watch = watch_of(organization, model)
    rows = window_rows(version, organization, watch, scheduled=False)
    count = different(rows, LEAST)
    if count < LEAST:
        since = " since the time that counts as usual" if watch.baseline else ""
        raise Conflict(
            f"{organization} has asked {version} about {count} different images{since}; at least "
            f"{LEAST} are needed.",
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
    """Queue a look, in the caller's transaction; raises `Conflict`.

    That is `under_way` while one has not ended, and `too_many_checks` for the 101st within 30 days
    that people ask for. The month's chance of a false alarm is shared among the scheduled looks,
    and, apart from them, among those that people may ask for.
    """
    organization, model = watch.organization, watch.model
    # One at a time: the organization's row is held.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    checks = DriftCheck.objects.filter(organization=organization, model=model)
    if checks.exclude(job__status__in=TERMINAL).exists():
        raise Conflict("A drift check of this model is under way.", code="under_way")
    looks = MONTH_HOURS // watch.every_hours if scheduled else ASKED_A_MONTH
    asked = checks.filter(scheduled=False, created_at__gt=timezone.now() - _MONTH).count()
    if not scheduled and asked >= ASKED_A_MONTH:
        raise Conflict(
            f"{organization} has asked for {asked} drift checks of {model} within 30 days; more "
            "would find drift where there is none.",
            code="too_many_checks",
            hint="Wait for the next scheduled look.",
        )
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
        level=level_of_look(looks),
    )
