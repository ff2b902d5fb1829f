"""What the gate says of versions: the rules of `classifier.engine.measure`, and the model's own.

Built-in models are exempt. A version that was live before is not compared with the live one: going
back must be possible when that one is worse.
"""

import uuid
from collections.abc import Collection, Sequence

from django.db.models import QuerySet

from classifier.engine.measure.gate import GateResult, judge
from classifier.engine.measure.gate_slices import SliceRule
from classifier.models import AliasChange, ModelAlias, ModelGate, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.gate_facts import facts_of, facts_on
from classifier.registry.selectors.gate_reports import Grounds, grounds_of


def gate_of(version: ModelVersion) -> GateResult | None:
    """Return what the gate says of one version; None where it does not apply."""
    return gates_of([version]).get(version.pk)


def gates_of(
    versions: Sequence[ModelVersion], proposed: ModelGate | None = None
) -> dict[uuid.UUID, GateResult]:
    """Return what the gate says, by version; built-in ones are left out. A few queries for all.

    `proposed` holds in place of what is stored: to see what it would do.
    """
    versions = [version for version in versions if not version.model.built_in]
    models = {version.model_id for version in versions}
    live = live_versions(models)
    gates = {proposed.model_id: proposed} if proposed else current_gates(models)
    everyone = {version.pk: version for version in (*versions, *live.values())}
    grounds = grounds_of(
        list(everyone.values()),
        judged_on={g.dataset_version_id for g in gates.values() if g.dataset_version_id},
        with_slices=any(isinstance(rule, SliceRule) for g in gates.values() for rule in g.judges),
    )
    return {
        version.pk: _judged(
            version, live.get(version.model_id), gates.get(version.model_id), grounds
        )
        for version in versions
    }


def current_gates(models: Collection[uuid.UUID]) -> dict[uuid.UUID, ModelGate]:
    """Return the gate that holds, by model; none for those that have no rules of their own."""
    newest = (
        ModelGate.objects.filter(model__in=models).order_by("model", "-number").distinct("model")
    )
    return {gate.model_id: gate for gate in newest}


def is_live(version: ModelVersion) -> bool:
    """Whether the version is live now."""
    return ModelAlias.objects.filter(version=version, alias=CHAMPION).exists()


def was_live(version: ModelVersion) -> bool:
    """Whether the gate once let the version be live."""
    changes = AliasChange.objects.filter(model=version.model_id)
    return lived(changes).filter(version_number=version.number).exists()


def lived(changes: QuerySet[AliasChange]) -> QuerySet[AliasChange]:
    """Keep the changes that made a version live that the gate let pass.

    One that an admin forced through says nothing of the next time.
    """
    return changes.filter(alias=CHAMPION, overridden__isnull=True)


def live_versions(models: Collection[uuid.UUID]) -> dict[uuid.UUID, ModelVersion]:
    """Return the live version, with what a gate judges it by, of each model that has one."""
    pointers = ModelAlias.objects.filter(alias=CHAMPION, model__in=models).select_related(
        "version__model", "version__dataset_version__dataset"
    )
    return {pointer.model_id: pointer.version for pointer in pointers}


def live_version(model: RegisteredModel) -> ModelVersion | None:
    """Return the live version of a model."""
    return live_versions([model.pk]).get(model.pk)


def _judged(
    version: ModelVersion, live: ModelVersion | None, gate: ModelGate | None, grounds: Grounds
) -> GateResult:
    facts = facts_of(version, live, grounds)
    if gate is None or not gate.rules:
        return judge(facts)
    images = grounds.images[gate.dataset_version_id] if gate.dataset_version_id else None
    on_set = facts_on(version, live, images, grounds) if images is not None else None
    return judge(facts, gate.judges, on_set)
