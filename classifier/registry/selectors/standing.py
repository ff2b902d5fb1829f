"""Whether versions are live, were, or may become so, and if not, why."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from classifier.engine.measure.gate import GateResult
from classifier.models import AliasChange, ModelAlias, ModelGate, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.gate import gates_of, live_versions, lived


@dataclass(frozen=True)
class Standing:
    """Where a version stands; `gate` is None for a built-in one, which it does not apply to.

    Of a version that is or was live the gate has not compared it with the live one.
    """

    live: bool
    was_live: bool
    gate: GateResult | None

    @property
    def may_go_live(self) -> bool:
        """Whether a person may make it live now, without overriding the gate."""
        return not self.live and (self.gate is None or self.gate.passed)

    @property
    def as_rollback(self) -> "Standing":
        """The same where it goes back: not compared with the live one."""
        return replace(self, gate=self.gate and self.gate.uncompared)

    @property
    def why_not_live(self) -> str:
        """What the gate has against it, in sentences; empty where it is or may go live."""
        return "" if self.live or self.gate is None else self.gate.reason

    @property
    def would_not_pass(self) -> list[str]:
        """What the gate has against the live version as it stands today, a sentence each."""
        return self.gate.details if self.live and self.gate is not None else []

    @property
    def only_guesses(self) -> bool:
        """Whether all that the gate has against it is what a verdict begins with."""
        refusals = self.gate.refusals if self.gate is not None else []
        return [refusal.rule for refusal in refusals] == ["better_than_guessing"]


def standing_of(version: ModelVersion) -> Standing:
    """Return where one version stands."""
    return standings_of([version])[version.pk]


def standings_of(
    versions: Sequence[ModelVersion], proposed: ModelGate | None = None
) -> dict[uuid.UUID, Standing]:
    """Return where each version stands, by its id, in a few queries for all.

    `proposed` is a gate that holds in place of the stored one.
    """
    ids = [version.pk for version in versions]
    gates = gates_of(versions, proposed)
    live = set(
        ModelAlias.objects.filter(alias=CHAMPION, version__in=ids).values_list(
            "version_id", flat=True
        )
    )
    before = set(
        lived(AliasChange.objects.all())
        .filter(model__in={version.model_id for version in versions})
        .values_list("model_id", "version_number")
    )
    found = {}
    for version in versions:
        gate = gates.get(version.pk)
        was_live = (version.model_id, version.number) in before
        if gate is not None and was_live:
            gate = gate.uncompared
        found[version.pk] = Standing(version.pk in live, was_live, gate)
    return found


def with_gates(versions: list[ModelVersion]) -> list[ModelVersion]:
    """Return the versions with what the gate says of each as its `gate`, for serializers."""
    standings = standings_of(versions)
    for version in versions:
        version.gate = standings[version.pk].gate  # type: ignore[attr-defined]
    return versions


def live_standings(models: Sequence[RegisteredModel]) -> dict[uuid.UUID, Standing]:
    """Return where the live version of each model stands, by the model's id, in a few queries."""
    ids = [model.pk for model in models if not model.built_in and not model.is_shared]
    versions = list(live_versions(ids).values())
    standings = standings_of(versions)
    return {version.model_id: standings[version.pk] for version in versions}


def with_live_refusals(models: list[RegisteredModel]) -> list[RegisteredModel]:
    """Return the models with why the live version would not pass today as `live_refusal`.

    For serializers; empty where it would, and where none is live.
    """
    standings = live_standings(models)
    for model in models:
        standing = standings.get(model.pk)
        model.live_refusal = " ".join(standing.would_not_pass) if standing else ""
    return models
