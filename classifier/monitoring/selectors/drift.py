"""Reading drift checks: what they found, and how they are set up."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from accounts.models import Organization, User
from accounts.querysets import TenantQuerySet
from classifier.models import (
    DriftCheck,
    DriftFinding,
    DriftWatch,
    KeptPrediction,
    RegisteredModel,
)
from classifier.prediction.selectors.kept import kept_predictions


def watch_of(organization: Organization, model: RegisteredModel) -> DriftWatch:
    """Return how the organization has its predictions of a model checked.

    Where it has never said, a row that is not stored, with the defaults.
    """
    found = DriftWatch.objects.filter(organization=organization, model=model).first()
    watch = found or DriftWatch(organization=organization, model=model)
    watch.organization, watch.model = organization, model
    return watch


def visible_checks(user: User) -> TenantQuerySet:
    """Return the checks of the user's organizations, newest first, with what they found."""
    found = DriftFinding.objects.order_by("adjusted", "kind")
    rows = DriftCheck.objects.for_user(user).select_related("job", "model_version__model")
    return rows.prefetch_related(Prefetch("findings", queryset=found)).order_by(
        "-created_at", "-id"
    )


def visible_check(user: User, check_id: uuid.UUID) -> DriftCheck:
    """Return one check; raises `NotFound`."""
    check: DriftCheck = visible_checks(user).get_visible(check_id)
    return check


def checks_of(user: User, organization: Organization, model: RegisteredModel) -> TenantQuerySet:
    """Return the checks of an organization's predictions of a model, newest first."""
    rows: TenantQuerySet = visible_checks(user).filter(organization=organization, model=model)
    return rows


def found_drift(
    organization: Organization, model: RegisteredModel, since: datetime
) -> QuerySet[DriftFinding]:
    """Return the tests that have found drift since a time, newest first."""
    return (
        DriftFinding.objects.filter(
            drift_check__organization=organization,
            drift_check__model=model,
            drift_check__created_at__gt=since,
            judgement="drift",
        )
        .select_related("drift_check__model_version")
        .order_by("-created_at")
    )


def drift_of(
    user: User, organization: Organization, model: RegisteredModel
) -> dict[str, Any] | None:
    """Return the gravest finding of the newest check that ended well; None before there is one."""
    check = checks_of(user, organization, model).exclude(judgement="").first()
    if check is None:
        return None
    findings = list(check.findings.all())
    gravest = findings[0]
    moved = any(finding.moved for finding in findings)
    return {
        "score": gravest.score,
        "p_value": gravest.adjusted,
        "judgement": check.judgement,
        "kind": gravest.kind,
        "images_url": reverse("api:drift-check-images", args=[check.pk]) if moved else None,
        "check_id": check.pk,
        "at": check.created_at,
    }


def moved_predictions(user: User, check: DriftCheck) -> list[KeptPrediction]:
    """Return the predictions whose images moved most and are still kept, the furthest first."""
    ids = [name for finding in check.findings.all() for name in finding.moved]
    found = {
        str(row.prediction_id): row for row in kept_predictions(user).filter(prediction__in=ids)
    }
    return [found[name] for name in ids if name in found]
