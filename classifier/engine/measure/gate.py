"""The gate: the rules that say whether a model version may go live. Facts in, sentences out.

Two rules hold for every model; ``gate_rules`` has those that a model's own gate may add.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from classifier.engine.measure.intervals import percent, span
from classifier.engine.measure.mcnemar import Comparison
from classifier.engine.measure.report import SummaryBySlice

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class ToMeasure:
    """An evaluation that would let a rule judge: ids of a version and of a dataset version.

    ``name`` is the version's ("version 3"), ``on`` names the images.
    """

    version: str
    name: str
    dataset_version: str
    on: str


@dataclass(frozen=True, kw_only=True)
class GateFacts:
    """What rules judge by: a version on test images that it did not learn from.

    ``figures`` is None where there is no report to judge by, and ``why_not_measured`` says why.
    ``report`` is that report's id, ``on`` names its images and ``caveat`` says what is to be known
    of them. ``live`` names the version that is live now ("version 3"), empty where none is and
    where it is this one (``is_live``); ``comparison`` has the version against it on the same
    images, and ``live_figures`` that one's report. Where there is none, ``why_not_compared`` says
    why, and ``comparable`` whether measuring the live version would change that. ``parity`` is what
    ``ModelVersion.parity`` holds; ``to_measure`` what would help.
    """

    figures: SummaryBySlice | None
    why_not_measured: str = ""
    report: str = ""
    on: str = ""
    caveat: str = ""
    is_live: bool = False
    live: str = ""
    comparison: Comparison | None = None
    live_figures: SummaryBySlice | None = None
    why_not_compared: str = ""
    comparable: bool = True
    parity: Mapping[str, float] | None = None
    to_measure: tuple[ToMeasure, ...] = ()


@dataclass(frozen=True)
class RuleResult:
    """What a rule says: ``passed`` is None where it does not apply; ``detail`` is for people.

    ``measured`` and ``threshold`` are the figures that it held against each other, ``short_by`` by
    how much the first misses the second (0: it does not); None where no figure is at hand.
    ``report`` is the id of the report that judged, empty for none. ``compares``: it holds the
    version against the live one rather than against a figure.
    """

    rule: str
    passed: bool | None
    detail: str
    compares: bool = False
    measured: float | None = None
    threshold: float | None = None
    short_by: float | None = None
    report: str = ""


class Rule(Protocol):
    """A rule that a model's own gate adds."""

    def judge(self, facts: GateFacts) -> RuleResult:
        """Return what it says of a version."""


@dataclass(frozen=True)
class GateResult:
    """What all rules say of a version; ``to_measure`` is what they miss."""

    rules: tuple[RuleResult, ...]
    to_measure: tuple[ToMeasure, ...] = ()

    @property
    def uncompared(self) -> "GateResult":
        """The same without what compares it with the live version: what a rollback is judged by."""
        words = "Not asked of a version that was live before: it may go back."
        return replace(
            self,
            rules=tuple(
                RuleResult(each.rule, None, words, compares=True) if each.compares else each
                for each in self.rules
            ),
        )

    @property
    def passed(self) -> bool:
        """Whether no rule refuses the version."""
        return not self.refusals

    @property
    def refusals(self) -> list[RuleResult]:
        """The rules that refuse it, in their order."""
        return [result for result in self.rules if result.passed is False]

    @property
    def details(self) -> list[str]:
        """The sentences of the rules that refuse it; one that several say stands once."""
        return list(dict.fromkeys(result.detail for result in self.refusals))

    @property
    def reason(self) -> str:
        """Why it is refused, in one text; empty where it is not."""
        return " ".join(self.details)


def better_than_guessing(facts: GateFacts) -> RuleResult:
    """Accuracy's 95 % lower bound (Wilson) is above the share of the largest class.

    Who always answers the largest class has that share right without looking at an image.
    """
    name = "better_than_guessing"
    if facts.figures is None:
        return RuleResult(name, False, facts.why_not_measured)
    images, (largest, support) = facts.figures.sample_count, facts.figures.largest
    share = support / max(1, images)
    if share >= 1:
        return RuleResult(
            name,
            False,
            f"All {images:,} test images are of the class “{largest}”, so "
            "they cannot show whether it tells classes apart.",
            report=facts.report,
        )
    interval = facts.figures.accuracy_interval
    low, high = interval if interval is not None else (0.0, 1.0)
    passed = low > share
    return RuleResult(
        name,
        passed,
        f"It is {'' if passed else 'not shown to be '}better than guessing: right on "
        f"{percent(facts.figures.accuracy)} of {images:,} test images, which makes "
        f"{span(low, high)} likely; always answering “{largest}” would be right on "
        f"{percent(share)}.{facts.caveat}",
        measured=low,
        threshold=share,
        short_by=max(0.0, share - low),
        report=facts.report,
    )


def not_worse_than_live(facts: GateFacts) -> RuleResult:
    """McNemar's test on the same test images does not find it worse than the live version."""
    return compared("not_worse_than_live", facts, ALPHA)


def compared(name: str, facts: GateFacts, alpha: float) -> RuleResult:
    """Return what McNemar's test below ``alpha`` says of a version and the live one."""

    def said(passed: bool | None, detail: str) -> RuleResult:
        return RuleResult(name, passed, detail, compares=True, report=facts.report)

    if not facts.live:
        return said(None, none_live(facts))
    if facts.figures is None:
        return said(None, f"It is compared with {facts.live} once it is measured.")
    found = facts.comparison
    if found is None:
        return said(False if facts.comparable else None, facts.why_not_compared)
    worse = found.worse(alpha)
    better = found.only_this > found.only_other and found.p_value < alpha
    how = "worse" if worse else "better" if better else "not shown to be worse"
    asked = f", to be at least {alpha:g}" if worse else ""
    detail = (
        f"It is {how} than {facts.live}, which is live: of the same "
        f"{facts.figures.sample_count:,} test images, only it is right on {found.only_this:,}, "
        f"only {facts.live} on {found.only_other:,} (McNemar's test, "
        f"p = {found.p_value:.2g}{asked})."
    )
    short = alpha - found.p_value if worse else 0.0
    return replace(said(not worse, detail), measured=found.p_value, threshold=alpha, short_by=short)


def none_live(facts: GateFacts) -> str:
    """Return why there is no live version to compare with."""
    if facts.is_live:
        return "It is live itself."
    return "No version is live yet to compare it with."


RULES: tuple[Callable[[GateFacts], RuleResult], ...] = (better_than_guessing, not_worse_than_live)


def judge(
    facts: GateFacts, own: Iterable[Rule] = (), on_set: GateFacts | None = None
) -> GateResult:
    """Return what every rule says of a version: first those of all models, then its model's own.

    ``on_set`` are the facts on the test images that the model's gate names, where it names some.
    """
    said = [rule(facts) for rule in RULES] + [rule.judge(on_set or facts) for rule in own]
    missing = facts.to_measure + (on_set.to_measure if on_set else ())
    return GateResult(tuple(said), tuple(dict.fromkeys(missing)))
