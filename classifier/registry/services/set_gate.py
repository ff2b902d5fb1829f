"""Give a model rules of its own that a version must keep to go live."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.engine.measure.gate_rules import GateRule, rule_as_json
from classifier.models import ModelGate, ModelVersion, RegisteredModel
from classifier.registry.policies import require_gate_keeper
from classifier.registry.selectors.gate import current_gates, gate_of
from classifier.registry.services.check_gate import check_gate
from classifier.registry.services.measure_missing import measure_missing
from common.errors import Conflict
from datasets.models import DatasetVersion


@transaction.atomic
def set_gate(
    *,
    user: User,
    model: RegisteredModel,
    rules: Sequence[GateRule],
    dataset_version: DatasetVersion | None = None,
    number: int | None = None,
) -> ModelGate:
    """Let these rules hold from now on, on the test split of `dataset_version` where it is given.

    They replace those of before, which stay readable; equal ones change nothing. `number` is that
    of the gate that the person has seen, 0 for none. The live version is measured on the new test
    images where it has not been. Raises `NotFound`, `Forbidden` below admin, `Invalid` for rules
    that cannot be (`check_gate`), `Conflict` (`archived`, `gate_changed`).
    """
    require_gate_keeper(user=user, model=model)
    check_gate(model=model, rules=rules, dataset_version=dataset_version)
    if model.lock().archived_at is not None:
        raise Conflict(f"{model.name} is archived: take it back first.", code="archived")
    before = current_gates([model.pk]).get(model.pk)
    held = before.number if before else 0
    if number is not None and number != held:
        raise Conflict(
            f"The gate of {model.name} has changed since you read it: it is number {held} now, "
            f"yours {number}. Read it again.",
            code="gate_changed",
        )
    kept = [rule_as_json(rule) for rule in rules]
    if before is not None and _same(before, kept, dataset_version):
        return before
    gate = ModelGate.objects.create(
        model=model,
        number=held + 1,
        rules=kept,
        dataset_version=dataset_version,
        created_by=user,
    )
    audit.record(
        actor=user,
        action="model_gate.set",
        target=model,
        number=gate.number,
        rules=kept,
        dataset_version=str(dataset_version.pk) if dataset_version else None,
    )
    _measure_live(model, user)
    return gate


def _same(gate: ModelGate, rules: list[dict], dataset_version: DatasetVersion | None) -> bool:
    return gate.rules == rules and gate.dataset_version == dataset_version


def _measure_live(model: RegisteredModel, user: User) -> None:
    live = ModelVersion.objects.filter(alias_set__alias="champion", model=model).first()
    result = gate_of(live) if live is not None else None
    if result is not None:
        measure_missing(result.to_measure, created_by=user, follows=False)
