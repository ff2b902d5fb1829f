"""Say when a retraining of a model is drafted."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import RegisteredModel, RetrainingRule
from common.errors import Conflict


@transaction.atomic
def set_rule(
    *,
    user: User,
    model: RegisteredModel,
    labels: int | None,
    drift: bool,
    every_days: int | None,
) -> RetrainingRule:
    """Have a retraining drafted after `labels` new labels, after drift, or every so many days.

    None and False switch one off; all of them: nothing is drafted. A schedule begins to count when
    it is set or changed. Raises `NotFound`, `Forbidden` below admin, `Conflict` (`archived`).
    """
    require_role(user=user, organization=model.organization, role=Role.ADMIN)
    if model.lock().archived_at is not None:
        raise Conflict(f"{model.name} is archived: take it back first.", code="archived")
    rule = RetrainingRule.objects.filter(model=model).first() or RetrainingRule(model=model)
    if rule.every_days != every_days:
        rule.due_at = timezone.now() + timedelta(days=every_days) if every_days else None
        rule.note = ""
    rule.labels, rule.drift, rule.every_days = labels, drift, every_days
    rule.looked_at, rule.changed_by = None, user
    rule.save()
    audit.record(
        actor=user,
        action="retraining.set",
        target=model,
        labels=labels,
        drift=drift,
        every_days=every_days,
    )
    return rule
