"""Say how predictions are checked for drift."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import DriftWatch, RegisteredModel
from common.errors import FieldError, Invalid
from common.moments import past_moment

_FIELDS = ("enabled", "window", "every_hours")


@transaction.atomic
def set_watch(
    *, user: User, model: RegisteredModel, organization: Organization, **changes: Any
) -> DriftWatch:
    """Change `enabled`, `window`, `every_hours` or `baseline` ({from, to} as ISO 8601, or None).

    Raises `Forbidden` below editor of the organization, `Invalid` for a time that cannot be.
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    DriftWatch.objects.get_or_create(organization=organization, model=model)
    watch = DriftWatch.objects.select_for_update().get(organization=organization, model=model)
    watch.organization, watch.model = organization, model
    for name in _FIELDS:
        if name in changes:
            setattr(watch, name, changes[name])
    if "baseline" in changes:
        watch.baseline = _checked(changes["baseline"])
    watch.changed_by = user
    watch.save()
    said = {name: getattr(watch, name) for name in (*_FIELDS, "baseline")}
    audit.record(actor=user, action="drift_watch.set", target=watch, model=str(model.pk), **said)
    return watch


def _checked(baseline: dict[str, str] | None) -> dict[str, str] | None:
    if baseline is None:
        return None
    start, end = (
        moment_at("baseline/from", baseline["from"]),
        moment_at("baseline/to", baseline["to"]),
    )
    if start >= end:
        detail = "to must be later than from."
        raise Invalid(detail, errors=[FieldError("/baseline/to", "out_of_range", detail)])
    return {"from": start.isoformat(), "to": end.isoformat()}


def moment_at(place: str, text: str) -> datetime:
    """Return a past time that stands at `place` of what was sent; raises `Invalid` there."""
    try:
        return past_moment(text)
    except Invalid as error:
        errors = [FieldError(f"/{place}", each.code, each.detail) for each in error.errors]
        raise Invalid(error.detail, errors=errors) from None
