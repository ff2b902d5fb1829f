"""Whether versions are live, were, or may become so, and if not, why."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.engine.measure.gate import GateResult
from classifier.models import AliasChange, ModelAlias, ModelVersion
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.gate import gates_of


@dataclass(frozen=True)
class Standing:
    """Where a version stands; `gate` is None for a built-in one, which it does not apply to."""

    live: bool
    was_live: bool
    gate: GateResult | None

    @property
    def may_go_live(self) -> bool:
        """Whether a person may make it live now."""
        return not self.live and (self.was_live or self.gate is None or self.gate.passed)

    @property
    def why_not_live(self) -> str:
        """What the gate has against it, in sentences; empty where it is or may go live."""
        if self.live or self.may_go_live or self.gate is None:
            return ""
        return self.gate.reason

    @property
    def only_guesses(self) -> bool:
        """Whether all that the gate has against it is what a verdict begins with."""
        refusals = self.gate.refusals if self.gate is not None else []
        return [refusal.rule for refusal in refusals] == ["better_than_guessing"]


def standing_of(version: ModelVersion) -> Standing:
    """Return where one version stands."""
    return standings_of([version])[version.pk]


def standings_of(versions: Sequence[ModelVersion]) -> dict[uuid.UUID, Standing]:
    """Return where each version stands, by its id, in a few queries for all."""
    ids = [version.pk for version in versions]
    gates = gates_of(versions)
    live = set(
        ModelAlias.objects.filter(alias=CHAMPION, version__in=ids).values_list(
            "version_id", flat=True
        )
    )
    before = set(
        AliasChange.objects.filter(
            alias=CHAMPION, model__in={version.model_id for version in versions}
        ).values_list("model_id", "version_number")
    )
    return {
        version.pk: Standing(
            version.pk in live,
            (version.model_id, version.number) in before,
            gates.get(version.pk),
        )
        for version in versions
    }
