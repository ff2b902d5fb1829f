"""The rule that no subgroup of a column is worse by more than so much."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from classifier.engine.measure.gate import GateFacts, RuleResult, none_live
from classifier.engine.measure.gate_minimum import HAIR, difference
from classifier.engine.measure.intervals import FEW, percent
from classifier.engine.measure.report import SliceFigures

Against = Literal["all_images", "champion"]
_NAMED = 5


@dataclass(frozen=True)
class _Gap:
    """By how much the accuracy of a subgroup is below what it is held against."""

    figures: SliceFigures
    below: float


@dataclass(frozen=True, kw_only=True)
class SliceRule:
    """No value of ``column`` has an accuracy more than ``margin`` (0 to 1) below another one.

    That of all images, or of the live version on the same subgroup (``against``). As measured;
    subgroups of fewer than 30 images are left out, and where there are no others it cannot be told.
    """

    rule: ClassVar[str] = "slice"

    column: str
    margin: float
    against: Against = "all_images"

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rules of a gate share."""
        return self.rule, self.column, self.against

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        other = "of all images" if self.against == "all_images" else "of the live version there"
        return (
            f"By “{self.column}”, the accuracy of no subgroup is more than "
            f"{difference(self.margin)} below that {other}."
        )

    def judge(self, facts: GateFacts) -> RuleResult:
        """Return what it says of a version."""
        if self.against == "champion" and not facts.live:
            return self._said(facts, None, none_live(facts))
        if facts.figures is None:
            return self._said(facts, False, facts.why_not_measured)
        rows = [each for each in facts.figures.slices or () if each.column == self.column]
        if not rows:
            return self._said(facts, False, self._why_none(facts))
        if self.against == "champion" and facts.live_figures is None:
            return self._said(facts, False if facts.comparable else None, facts.why_not_compared)
        enough = [each for each in rows if not each.too_few]
        gaps = [gap for each in enough if (gap := self._gap(each, facts)) is not None]
        few = [each for each in rows if each.too_few]
        if not gaps:
            why = f"{facts.live} has no such subgroups in its report: evaluate it again."
            why = _few(few) if few else why
            words = f"By “{self.column}” it cannot be told on {facts.on}: {why}"
            return self._said(facts, False, words)
        return self._judged(facts, sorted(gaps, key=lambda gap: -gap.below), few)

    def _gap(self, figures: SliceFigures, facts: GateFacts) -> _Gap | None:
        if self.against == "all_images":
            return _Gap(figures, -figures.gap)
        theirs = facts.live_figures.slices if facts.live_figures else None
        for other in theirs or ():
            if (other.column, other.value) == (figures.column, figures.value):
                return _Gap(figures, other.accuracy - figures.accuracy)
        return None

    def _judged(
        self, facts: GateFacts, gaps: Sequence[_Gap], few: Sequence[SliceFigures]
    ) -> RuleResult:
        worst = gaps[0]
        over = [gap for gap in gaps if gap.below > self.margin + HAIR]
        other = facts.live if self.against == "champion" else "all images"
        parts = [
            f"By “{self.column}”, the worst subgroup on {facts.on} is {_name(worst.figures)}: "
            f"{_right(worst, other)}; the gate allows {difference(self.margin)}"
            f"{f', {difference(worst.below - self.margin)} less' if over else ''}."
        ]
        if len(over) > 1:
            parts.append(f"Too low as well: {_others(over[1:])}.")
        if few:
            parts.append(f"Not judged: {_few(few)}")
        return RuleResult(
            self.rule,
            not over,
            f"{' '.join(parts)}{facts.caveat}",
            compares=self.against == "champion",
            measured=worst.below,
            threshold=self.margin,
            short_by=worst.below - self.margin if over else 0.0,
            report=facts.report,
        )

    def _said(self, facts: GateFacts, passed: bool | None, detail: str) -> RuleResult:
        return RuleResult(
            self.rule,
            passed,
            detail,
            compares=self.against == "champion",
            threshold=self.margin,
            report=facts.report,
        )

    def _why_none(self, facts: GateFacts) -> str:
        slices = facts.figures.slices if facts.figures else None
        if slices is None:
            return (
                f"The report on {facts.on} is from before subgroups were measured: evaluate this "
                "version on it again."
            )
        columns = list(dict.fromkeys(each.column for each in slices))
        there = ", ".join(f"“{column}”" for column in columns[:_NAMED])
        return (
            f"The report on {facts.on} has no subgroups by “{self.column}”; it has "
            f"{f'those by {there}' if there else 'none'}."
        )


def _right(gap: _Gap, other: str) -> str:
    place = f"{difference(gap.below)} below {other}" if gap.below > 0 else f"no worse than {other}"
    return f"right on {percent(gap.figures.accuracy)} of {gap.figures.support:,} images, {place}"


def _others(over: Sequence[_Gap]) -> str:
    parts = [f"{_name(gap.figures)} ({difference(gap.below)})" for gap in over]
    more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return f"{', '.join(parts[:_NAMED])}{more}"


def _few(rows: Sequence[SliceFigures]) -> str:
    named = ", ".join(f"{_name(each)} ({each.support})" for each in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return f"{named}{more} {'has' if len(rows) == 1 else 'have'} fewer than {FEW} images."


def _name(figures: SliceFigures) -> str:
    return f"“{figures.value}”" if figures.value else "“no value”"
