"""Look whether promised precisions hold by what people say of accepted answers."""

import logging
import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.urls import reverse_lazy
from django.utils import timezone

from classifier.engine.measure.decision import ACCEPT
from classifier.engine.measure.intervals import percent
from classifier.engine.measure.kept_promise import KeptPromise
from classifier.models import Decision, PredictionFeedback, PromiseRecord
from classifier.monitoring.selectors.promises import ALL, promise_states, promised_by
from classifier.registry.services.withdraw_promise import withdraw_promise
from common.sentences import listed
from webhooks.services.announce import announce

logger = logging.getLogger(__name__)
# A transaction that was slow to commit is seen by a later round.
_LATELY = timedelta(minutes=15)


def check_promises() -> None:
    """Look at each version of which people have said something within 15 minutes; a chore.

    All that they have said of it is counted again, so nothing is missed or counted twice.
    """
    lately = _feedback().filter(changed_at__gt=timezone.now() - _LATELY)
    _check_each(set(lately.values_list("prediction__model_version", flat=True)))


def check_all_promises() -> None:
    """Look at each version of which people have said something; a chore.

    It sees what was taken back, and what came while no chore ran.
    """
    records = PromiseRecord.objects.values_list("decision__model_version", flat=True)
    said = _feedback().order_by().values_list("prediction__model_version", flat=True).distinct()
    _check_each({*records, *said})


def _feedback() -> QuerySet[PredictionFeedback]:
    return PredictionFeedback.objects.filter(
        prediction__organization=F("prediction__model_version__model__organization"),
        prediction__model_version__decision__isnull=False,
    )


def _check_each(versions: set[uuid.UUID]) -> None:
    for version_id in versions:
        try:
            check_promise(version_id)
        except Exception:  # the boundary of a version: the others have their turn
            logger.exception("the promise of version %s could not be checked", version_id)


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
    record.checked = _checked(decision)
    states = promise_states(promised, record.checked)
    broken = [name for name, state in states.items() if state.broken]
    if broken:
        _withdraw(decision, record, states, broken)
    record.save()
    return record


def _record(decision: Decision) -> PromiseRecord:
    """Return the record of the wish that holds."""
    found = PromiseRecord.objects.filter(decision=decision, since=decision.wished_at).first()
    return found or PromiseRecord(decision=decision, since=decision.wished_at)


def _checked(decision: Decision) -> dict[str, list[int]]:
    """Return how many accepted answers of each class were right and wrong since the wish."""
    answered = "prediction__answer__classes__0__class_name"
    rows = PredictionFeedback.objects.filter(
        prediction__model_version=decision.model_version_id,
        prediction__organization=decision.model_version.model.organization_id,
        prediction__created_at__gte=decision.wished_at,
        prediction__images__isnull=True,
        prediction__answer__decision=ACCEPT,
    )
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    counted = rows.order_by().values_list(answered, "correct").annotate(count=Count("pk"))
    for name, correct, count in counted:
        counts[name][not correct] += count
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
            "url": reverse_lazy("classifier:model_version", args=[version.pk]),
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
