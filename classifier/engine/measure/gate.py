"""The gate: the rules that say whether a model version may go live. Facts in, sentences out.

A rule is a function of the facts; to add one, write it and put it into ``RULES``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from classifier.engine.measure.intervals import percent, share_interval, span
from classifier.engine.measure.mcnemar import Comparison

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A version on test images that it did not learn from; shares are from 0 to 1.

    ``largest_class`` is the class that most of these images have, ``largest_share`` their share.
    """

    images: int
    accuracy: float
    largest_class: str
    largest_share: float


@dataclass(frozen=True, kw_only=True)
class GateFacts:
    """What the rules judge by.

    ``measured`` is None where there is no report to judge by, and ``why_not_measured`` says why.
    ``live`` names the version that is live now ("version 3"), empty where none is; ``comparison``
    has the version against it on the same images. Where there is none, ``why_not_compared`` says
    why, and ``comparable`` whether measuring the live version would change that.
    """

    measured: Measured | None
    why_not_measured: str = ""
    live: str = ""
    comparison: Comparison | None = None
    why_not_compared: str = ""
    comparable: bool = True


@dataclass(frozen=True)
class RuleResult:
    """What a rule says: ``passed`` is None where it does not apply; ``detail`` is for people.

    ``compares``: it holds the version against the live one rather than against a figure.
    """

    rule: str
    passed: bool | None
    detail: str
    compares: bool = False


@dataclass(frozen=True)
class GateResult:
    """What all rules say of a version."""

    rules: tuple[RuleResult, ...]

    @property
    def uncompared(self) -> "GateResult":
        """The same without what compares it with the live version: what a rollback is judged by."""
        words = "Not asked of a version that goes back: it was live before."
        return GateResult(
            tuple(
                replace(rule, passed=None, detail=words) if rule.compares else rule
                for rule in self.rules
            )
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
    def reason(self) -> str:
        """Why it is refused, in one text; empty where it is not."""
        return " ".join(result.detail for result in self.refusals)


def better_than_guessing(facts: GateFacts) -> RuleResult:
    """Accuracy's 95 % lower bound (Wilson) is above the share of the largest class.

    Who always answers the largest class has that share right without looking at an image.
    """
    name = "better_than_guessing"
    measured = facts.measured
    if measured is None:
        return RuleResult(name, False, facts.why_not_measured)
    if measured.largest_share >= 1:
        return RuleResult(
            name,
            False,
            f"All {measured.images:,} test images are of the class “{measured.largest_class}”, so "
            "they cannot show whether it tells classes apart.",
        )
    interval = share_interval(measured.accuracy, measured.images)
    low, high = interval if interval is not None else (0.0, 1.0)
    passed = low > measured.largest_share
    return RuleResult(
        name,
        passed,
        f"It is {'' if passed else 'not shown to be '}better than guessing: right on "
        f"{percent(measured.accuracy)} of {measured.images:,} test images, which makes "
        f"{span(low, high)} likely; always answering “{measured.largest_class}” would be right on "
        f"{percent(measured.largest_share)}.",
    )


def not_worse_than_live(facts: GateFacts) -> RuleResult:
    """McNemar's test on the same test images does not find it worse than the live version."""
    name = "not_worse_than_live"
    if not facts.live:
        return RuleResult(name, None, "No version is live yet to compare it with.", compares=True)
    if facts.measured is None:
        return RuleResult(
            name, None, f"It is compared with {facts.live} once it is measured.", True
        )
    found = facts.comparison
    if found is None:
        return RuleResult(name, False if facts.comparable else None, facts.why_not_compared, True)
    worse = found.worse(ALPHA)
    return RuleResult(
        name,
        not worse,
        f"It is {'' if worse else 'not shown to be '}worse than {facts.live}, which is live: of "
        f"the same {facts.measured.images:,} test images, only it is right on "
        f"{found.only_this:,}, only {facts.live} on {found.only_other:,} (McNemar's test, "
        f"p = {found.p_value:.2g}).",
        compares=True,
    )


RULES: tuple[Callable[[GateFacts], RuleResult], ...] = (better_than_guessing, not_worse_than_live)


def judge(facts: GateFacts) -> GateResult:
    """Return what every rule says of a version."""
    return GateResult(tuple(rule(facts) for rule in RULES))
