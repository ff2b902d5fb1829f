"""The rules that a model's own gate may add, as JSON keeps them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import msgspec

from classifier.engine.errors import Unreadable
from classifier.engine.measure.gate import GateFacts, RuleResult, compared
from classifier.engine.measure.gate_minimum import HAIR, Minimum
from classifier.engine.measure.gate_slices import SliceRule

# More are no gate that a person can keep in mind.
MOST_RULES = 20


@dataclass(frozen=True, kw_only=True)
class NotWorse:
    """McNemar's test on the same images does not find it worse than the live version.

    ``alpha``, from 0 to 1, is the p-value below which a loss counts as more than chance: the
    larger, the stricter.
    """

    rule: ClassVar[str] = "not_worse_than_champion"

    alpha: float

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rules of a gate share."""
        return (self.rule,)

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        return (
            "It is not significantly worse than the live version on the same images (McNemar's "
            f"test, p below {self.alpha:g})."
        )

    def judge(self, facts: GateFacts) -> RuleResult:
        """Return what it says of a version."""
        return compared(self.rule, facts, self.alpha)


@dataclass(frozen=True, kw_only=True)
class Parity:
    """The served file's probabilities are at most ``tolerance`` from the trained network's."""

    rule: ClassVar[str] = "parity"

    tolerance: float

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rules of a gate share."""
        return (self.rule,)

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        return (
            "The served file's probabilities differ from the trained network's by at most "
            f"{self.tolerance:g}."
        )

    def judge(self, facts: GateFacts) -> RuleResult:
        """Return what it says of a version."""
        found = facts.parity
        if found is None:
            words = "Its served file was not compared with what was trained, so this is not known."
            return RuleResult(self.rule, False, words, threshold=self.tolerance)
        largest = found["max_abs_difference"]
        passed = largest <= self.tolerance * (1 + HAIR)
        over = "" if passed else f", {largest - self.tolerance:.2g} less"
        return RuleResult(
            self.rule,
            passed,
            "Its served file's probabilities differ from the trained network's by up to "
            f"{largest:.2g} on {found['images']:,} images; the gate allows "
            f"{self.tolerance:g}{over}.",
            measured=largest,
            threshold=self.tolerance,
            short_by=0.0 if passed else largest - self.tolerance,
        )


@dataclass(frozen=True)
class Unknown:
    """Stands for the rules of a gate that this Loupe cannot read: nothing passes them."""

    def judge(self, facts: GateFacts) -> RuleResult:
        """Return that it refuses, whatever the facts are."""
        words = "Its model's gate was written by another version of Loupe: an admin sets it again."
        return RuleResult("unreadable", False, words)


GateRule = Minimum | NotWorse | SliceRule | Parity
KINDS: dict[str, type[GateRule]] = {
    kind.rule: kind for kind in (Minimum, NotWorse, SliceRule, Parity)
}


def rule_as_json(rule: GateRule) -> dict[str, Any]:
    """Return a rule with its name, as it is stored and as the API has it."""
    return {"rule": rule.rule, **asdict(rule)}


def rules_from_json(rows: Sequence[object]) -> tuple[GateRule, ...]:
    """Return stored rules; raises ``Unreadable`` for those of a later Loupe."""
    return tuple(_rule(row) for row in rows)


def _rule(row: object) -> GateRule:
    kind = KINDS.get(row.get("rule", "")) if isinstance(row, dict) else None
    if kind is None:
        raise Unreadable(f"A rule of a gate cannot be read: {row!r}.", "Set the gate again.")
    try:
        rule: GateRule = msgspec.convert(row, kind)
        if isinstance(rule, Minimum) and not rule.is_known:
            raise msgspec.ValidationError(f"unknown metric {rule.metric!r}")
        return rule
    except msgspec.ValidationError as error:
        raise Unreadable(f"A rule of a gate cannot be read: {error}.") from error
