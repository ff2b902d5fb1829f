"""Reading how the promises of decisions hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import User
from classifier.engine.measure.decision import Outcome
from classifier.engine.measure.kept_promise import ERROR, KeptPromise
from classifier.models import Decision, ModelVersion, PromiseRecord, RegisteredModel

# The promise over all classes together, where a class's own would have its name.
ALL = ""


@dataclass(frozen=True)
class ToldPromise:
    """A promise that holds, or was withdrawn; `state` is None of one that was."""

    version: ModelVersion
    class_name: str
    state: KeptPromise | None
    record: PromiseRecord | None
    reason: str = ""


def promises_of(user: User, model: RegisteredModel) -> list[ToldPromise]:
    """Return the promises of a model's versions, the newest version first.

    Those of versions that the user's organizations own: readers are told none.
    """
    decisions = (
        Decision.objects.for_user(user)
        .filter(model_version__model=model, outcome__isnull=False)
        .select_related("model_version__model")
        .defer("answers", "contents", "rule")
        .order_by("-model_version__number")
    )
    records = {
        (record.decision_id, record.since): record
        for record in PromiseRecord.objects.filter(decision__in=decisions)
    }
    return [
        told
        for decision in decisions
        for told in _of_decision(decision, records.get((decision.pk, decision.wished_at)))
    ]


def promised_by(held: Outcome) -> dict[str, float]:
    """Return what is promised: by class name, or of `ALL`."""
    if held.promised is not None:
        return {ALL: held.promised}
    return {each.class_name: each.promised for each in held.promises if each.promised}


def promise_states(
    promised: Mapping[str, float], checked: Mapping[str, list[int]]
) -> dict[str, KeptPromise]:
    """Return how each promise stands by answers that people checked, {class name: [right, wrong]}.

    All promises of a decision share the chance of being withdrawn by mistake.
    """
    states = {}
    for name, precision in promised.items():
        counts = [checked.get(name, [0, 0])] if name != ALL else list(checked.values())
        states[name] = KeptPromise(
            promised=precision,
            right=sum(right for right, _ in counts),
            wrong=sum(wrong for _, wrong in counts),
            error=ERROR / len(promised),
        )
    return states


def _of_decision(decision: Decision, record: PromiseRecord | None) -> list[ToldPromise]:
    held = decision.held
    if held is None:
        return []
    checked = record.checked if record else {}
    told = [
        ToldPromise(decision.model_version, name, state, record)
        for name, state in promise_states(promised_by(held), checked).items()
    ]
    told += [
        ToldPromise(decision.model_version, name, None, record, reason)
        for name, reason in decision.withdrawn.items()
    ]
    return told
