"""Look whether promised precisions hold by what people say of accepted answers."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max
from django.urls import reverse
from django.utils import timezone

from classifier.engine.errors import Unreadable
from classifier.engine.measure.decision import ACCEPT
from classifier.engine.measure.intervals import percent
from classifier.engine.measure.kept_promise import KeptPromise
from classifier.engine.target import ImageAnswer
from classifier.models import Decision, PredictionFeedback, PromiseRecord
from classifier.monitoring.selectors.promises import ALL, promise_states, promised_by
from classifier.registry.services.withdraw_promise import withdraw_promise
from common.sentences import listed
from webhooks.services.announce import announce

_seen: datetime | None = None


def check_promises() -> None:
    """Look at each version of which there is feedback that this process has not seen; a chore.

    All that people have said of it is counted again, so none is missed or counted twice.
    """
    global _seen
    newest = PredictionFeedback.objects.aggregate(newest=Max("created_at"))["newest"]
    if newest is None or newest == _seen:
        return
    rows = PredictionFeedback.objects.filter(
        prediction__organization=F("prediction__model_version__model__organization"),
        prediction__model_version__decision__isnull=False,
    )
    if _seen is not None:
        rows = rows.filter(created_at__gt=_seen)
    versions = rows.values_list("prediction__model_version", flat=True).order_by().distinct()
    for version_id in list(versions):
        check_promise(version_id)
    _seen = newest


@transaction.atomic
def check_promise(version_id: uuid.UUID) -> PromiseRecord | None:
    """Count what people have said of a version's accepted answers; withdraw what is broken.

    Only feedback in the organization that the version belongs to counts. Return None where nothing
    is promised.
    """
    rows = Decision.objects.select_for_update(of=("self",)).select_related(
        "model_version__model__organization"
    )
    decision = rows.filter(model_version=version_id).first()
    if decision is None or decision.held is None:
        return None
    promised = promised_by(decision.held)
    if not promised:
        return None
    record = _record(decision)
    record.checked = _checked(decision, record.since)
    states = promise_states(promised, record.checked)
    broken = [name for name, state in states.items() if state.broken]
    if broken:
        _withdraw(decision, record, states, broken)
    record.save()
    return record


def _record(decision: Decision) -> PromiseRecord:
    """Return the record of the rule that holds, which begins with it."""
    found = PromiseRecord.objects.filter(decision=decision, rule_name=decision.rule_name)
    record = found.order_by("-created_at").first()
    return record or PromiseRecord(
        decision=decision, rule_name=decision.rule_name, since=decision.changed_at
    )


def _checked(decision: Decision, since: datetime) -> dict[str, list[int]]:
    rows = PredictionFeedback.objects.filter(
        prediction__model_version=decision.model_version_id,
        prediction__organization=decision.model_version.model.organization_id,
        prediction__created_at__gte=since,
        prediction__images__isnull=True,
        prediction__answer__decision=ACCEPT,
    )
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for stored, correct in rows.values_list("prediction__answer", "correct"):
        try:
            name = ImageAnswer.from_json(stored).classes[0].class_name
        except (Unreadable, IndexError):
            continue
        counts[name][not correct] += 1
    return dict(counts)


def _withdraw(
    decision: Decision,
    record: PromiseRecord,
    states: Mapping[str, KeptPromise],
    broken: list[str],
) -> None:
    said = [_sentence(name, states[name]) for name in broken]
    when = f"Withdrawn on {timezone.now():%-d %B %Y}."
    reasons = {name: f"{when} {why}" for name, why in zip(broken, said, strict=True)}
    withdraw_promise(decision=decision, reasons=reasons)
    record.rule_name = decision.rule_name
    record.broken = sorted({*record.broken, *broken})
    record.withdrawn_at = timezone.now()
    version = decision.model_version
    what = "Its answers" if ALL in broken else f"Its answers {listed(broken)}"
    announce(
        organization=version.model.organization,
        event="decision.withdrawn",
        subject={
            "type": "model_version",
            "id": str(version.pk),
            "url": reverse("classifier:model_version", args=[version.pk]),
        },
        data={
            "model": str(version.model_id),
            "version": version.number,
            "classes": [name for name in broken if name != ALL],
            "promises": [
                {
                    "class_name": name or None,
                    "promised": states[name].promised,
                    "right": states[name].right,
                    "checked": states[name].checked,
                }
                for name in broken
            ],
        },
        text=f"{version} no longer keeps what its decision promised. {' '.join(said)} {what} are "
        "for review from now on, until a person sets the decision again.",
    )


def _sentence(name: str, state: KeptPromise) -> str:
    of = f" as “{name}”" if name != ALL else ""
    return (
        f"Of {state.checked:,} accepted answers{of} that people checked, {state.right:,} were "
        f"right; at least {percent(state.promised)} were promised."
    )
