"""A chore: draft the retraining of models whose rule says so."""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.services import audit
from classifier.models import (
    DraftReason,
    DraftStatus,
    RetrainingDraft,
    RetrainingRule,
)
from classifier.registry.selectors.availability import live_version
from classifier.retraining.selectors.expected import expected_change
from classifier.retraining.selectors.reasons import drift_since, labels_since
from classifier.retraining.selectors.standing import Standing, standing_of
from jobs.models import TERMINAL
from webhooks.services.announce import announce

logger = logging.getLogger(__name__)
# How often a rule is looked at, and how many at a time.
LOOK_EVERY = timedelta(minutes=5)
_MOST = 500


def draft_what_is_due() -> None:
    """Look at the rules that were not looked at for five minutes, up to 500 at a time."""
    due = Q(looked_at=None) | Q(looked_at__lt=timezone.now() - LOOK_EVERY)
    wanted = Q(labels__isnull=False) | Q(drift=True) | Q(every_days__isnull=False)
    rules = RetrainingRule.objects.filter(due, wanted, model__archived_at=None)
    oldest = rules.order_by(F("looked_at").asc(nulls_first=True))
    for model_id in oldest.values_list("pk", flat=True)[:_MOST]:
        try:
            look(model_id)
        except Exception:
            # One that fails keeps no other from its turn.
            logger.exception("the retraining rule of %s could not be looked at", model_id)
            RetrainingRule.objects.filter(pk=model_id).update(looked_at=timezone.now())


@transaction.atomic
def look(model_id: uuid.UUID) -> RetrainingDraft | None:
    """Draft a retraining of the model where its rule says so now, and it has no open draft.

    Dates of the schedule that have passed since the last look are one; the rule's note says so.
    While a retraining that was started has not ended nothing is drafted.
    """
    rule = (
        RetrainingRule.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("model__organization")
        .filter(pk=model_id)
        .first()
    )
    if rule is None:
        return None
    now = timezone.now()
    missed = _pass_dates(rule, now)
    rule.looked_at = now
    drafts = RetrainingDraft.objects.filter(model=rule.model)
    live = live_version(rule.model)
    outdated = drafts.filter(status=DraftStatus.OPEN).exclude(version=live)
    outdated.update(status=DraftStatus.OUTDATED, decided_at=now)
    is_open = drafts.filter(status=DraftStatus.OPEN).exists()
    started = drafts.filter(status=DraftStatus.STARTED, training_run__isnull=False)
    under_way = started.exclude(training_run__job__status__in=TERMINAL).exists()
    draft = None
    if is_open or under_way:
        if missed:
            waits = "a draft was open" if is_open else "a retraining was under way"
            rule.note = f"The date {_day(missed[-1])} was skipped, because {waits}."
    else:
        draft = _drafted(rule, missed)
    rule.save(update_fields=["due_at", "note", "looked_at"])
    return draft


def _pass_dates(rule: RetrainingRule, now: datetime) -> list[datetime]:
    """Return the dates of the schedule that have passed, and set the next one."""
    passed: list[datetime] = []
    if rule.every_days and rule.due_at:
        step = timedelta(days=rule.every_days)
        while rule.due_at <= now:
            passed.append(rule.due_at)
            rule.due_at += step
    return passed


def _drafted(rule: RetrainingRule, missed: list[datetime]) -> RetrainingDraft | None:
    standing = standing_of(rule.model)
    if standing.hindrance:
        if missed:
            rule.note = f"The date {_day(missed[-1])} was skipped. {standing.hindrance}"
        return None
    if rule.drift and (why := drift_since(rule.model, standing)):
        return _draft(rule, standing, DraftReason.DRIFT, why)
    if rule.labels and (why := labels_since(rule.model, standing, rule.labels)):
        return _draft(rule, standing, DraftReason.LABELS, why)
    if not missed:
        return None
    if not standing.changed:
        rule.note = (
            f"The date {_day(missed[-1])} was skipped: no label of {standing.dataset.name} is "
            f"new or corrected since version {standing.live.number} learned."  # type: ignore[union-attr]
        )
        return None
    why = f"It is drafted every {rule.every_days} days; the date was {_day(missed[-1])}."
    if len(missed) > 1:
        earlier = len(missed) - 1
        why += f" {earlier} earlier date{'s were' if earlier > 1 else ' was'} missed and skipped."
    rule.note = ""
    return _draft(rule, standing, DraftReason.SCHEDULE, why)


def _draft(
    rule: RetrainingRule, standing: Standing, reason: DraftReason, why: str
) -> RetrainingDraft:
    draft = RetrainingDraft.objects.create(
        model=rule.model,
        version=standing.live,
        reason=reason,
        why=why,
        expected=expected_change(standing),
        new_labels=standing.new_labels,
        corrected=standing.corrected,
        dataset=standing.dataset,
        preset=standing.run.preset,
        config=standing.run.config,
    )
    audit.record(actor=None, action="retraining.draft", target=draft, reason=reason, why=why)
    announce(
        organization=rule.model.organization,
        event="retraining.drafted",
        subject={
            "type": "retraining_draft",
            "id": draft.pk,
            "url": f"/models/{rule.model_id}/retraining/",
        },
        data={
            "model": rule.model_id,
            "model_name": rule.model.name,
            "reason": reason.value,
            "why": why,
            "new_labels": draft.new_labels,
            "corrected": draft.corrected,
        },
        text=f"A retraining of {rule.model.name} is drafted. {why}",
    )
    return draft


def _day(date: datetime) -> str:
    return f"{date:%-d %B %Y}"
