"""What a challenge has shown so far: who is right more often, who agrees, who is faster."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet
from django.utils import timezone

from classifier.engine.measure.intervals import wilson
from classifier.engine.measure.mcnemar import mcnemar
from classifier.engine.measure.proportions import Difference, difference
from classifier.models import Arm, Challenge, ChallengeAnswer, ChallengeMode, RegisteredModel

# A shadow that has not answered after so long was dropped.
DROPPED_AFTER = timedelta(seconds=60)
# Of answers with feedback, of each version: below, a difference says little.
FEW = 30
_LIKELY = 0.05
_RIGHT = Q(prediction__feedback__class_name=F("class_name"))
_SHADOW_RIGHT = Q(prediction__feedback__class_name=F("shadow_class"))


class Percentile(Aggregate):
    """`percentile_cont` of a column."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, kw_only=True)
class ArmFigures:
    """What one version has shown: `accuracy` of the answers with feedback, None without any.

    Latency in milliseconds, of calls: the champion's as its callers wait, the challenger's likewise
    in a share, and in the shadow from when it was asked.
    """

    answers: int
    with_feedback: int
    right: int
    accuracy: float | None
    interval: tuple[float, float] | None
    median_ms: float | None
    slow_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Answers of both to the same images (the shadow); the four counts are of those with feedback.

    `dropped` were not asked in time, `failed` were asked and not answered.
    """

    answered: int
    agree: int
    agreement: float | None
    agreement_interval: tuple[float, float] | None
    both: int
    only_champion: int
    only_challenger: int
    neither: int
    p_value: float | None
    dropped: int
    failed: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both versions, and whether their accuracies differ by more than chance.

    `pairs` in the shadow; `difference` (the challenger's accuracy less the champion's) in a share.
    """

    champion: ArmFigures
    challenger: ArmFigures
    pairs: Pairs | None
    difference: Difference | None
    verdict: str


def challenges_of(model: RegisteredModel) -> QuerySet[Challenge]:
    """Return the challenges of a model, newest first, with their versions."""
    rows = Challenge.objects.filter(model=model)
    return rows.select_related("champion", "challenger", "started_by").order_by("-created_at")


def running_challenge(model: RegisteredModel) -> Challenge | None:
    """Return the challenge of a model that has not ended."""
    return challenges_of(model).filter(ended_at=None).first()


def comparison_of(challenge: Challenge) -> Comparison:
    """Return what a challenge has shown; two queries."""
    rows = ChallengeAnswer.objects.filter(challenge=challenge)
    if challenge.mode == ChallengeMode.SHADOW:
        return _of_shadow(rows)
    return _of_share(rows)


def _of_share(rows: QuerySet[ChallengeAnswer]) -> Comparison:
    found = {
        row["arm"]: row
        for row in rows.order_by()
        .values("arm")
        .annotate(
            n=Count("pk"),
            told=Count("pk", filter=Q(prediction__feedback__isnull=False)),
            right=Count("pk", filter=_RIGHT),
            median=Percentile("milliseconds", share=0.5),
            slow=Percentile("milliseconds", share=0.95),
        )
    }
    arms = [_figures(found.get(arm, {})) for arm in (Arm.CHAMPION, Arm.CHALLENGER)]
    champion, challenger = arms
    found_difference = None
    if champion.with_feedback and challenger.with_feedback:
        found_difference = difference(
            challenger.right, challenger.with_feedback, champion.right, champion.with_feedback
        )
    p_value = found_difference.p_value if found_difference else None
    return Comparison(
        champion=champion,
        challenger=challenger,
        pairs=None,
        difference=found_difference,
        verdict=_verdict(champion, challenger, p_value),
    )


def _of_shadow(rows: QuerySet[ChallengeAnswer]) -> Comparison:
    found = _counts_of_pairs(rows)
    champion = _figures(found)
    names = ("told", "right", "median", "slow")
    shadow = {name: found[f"shadow_{name}"] for name in names}
    challenger = _figures({"n": found["answered"], **shadow})
    pairs = _pairs(found)
    return Comparison(
        champion=champion,
        challenger=challenger,
        pairs=pairs,
        difference=None,
        verdict=_verdict_of_pairs(pairs),
    )


def _counts_of_pairs(rows: QuerySet[ChallengeAnswer]) -> dict[str, Any]:
    answered, told = ~Q(shadow_class=""), Q(prediction__feedback__isnull=False)
    missing = Q(shadow_class="", problem="")
    is_old = Q(created_at__lt=timezone.now() - DROPPED_AFTER)
    agree = Q(shadow_class=F("class_name"))
    return rows.aggregate(
        n=Count("pk"),
        told=Count("pk", filter=told),
        right=Count("pk", filter=_RIGHT),
        median=Percentile("milliseconds", share=0.5),
        slow=Percentile("milliseconds", share=0.95),
        answered=Count("pk", filter=answered),
        shadow_told=Count("pk", filter=answered & told),
        shadow_right=Count("pk", filter=answered & _SHADOW_RIGHT),
        shadow_median=Percentile("shadow_milliseconds", share=0.5),
        shadow_slow=Percentile("shadow_milliseconds", share=0.95),
        agree=Count("pk", filter=answered & agree),
        both=Count("pk", filter=answered & _RIGHT & _SHADOW_RIGHT),
        failed=Count("pk", filter=~Q(problem="")),
        dropped=Count("pk", filter=missing & is_old),
        waiting=Count("pk", filter=missing & ~is_old),
        only_champion=Count("pk", filter=answered & _RIGHT & ~agree),
    )


def _pairs(found: Mapping[str, Any]) -> Pairs:
    answered, agree, told = found["answered"], found["agree"], found["shadow_told"]
    only_champion = found["only_champion"]
    only_challenger = found["shadow_right"] - found["both"]
    return Pairs(
        answered=answered,
        agree=agree,
        agreement=agree / answered if answered else None,
        agreement_interval=wilson(agree, answered) if answered else None,
        both=found["both"],
        only_champion=only_champion,
        only_challenger=only_challenger,
        neither=told - found["both"] - only_champion - only_challenger,
        p_value=mcnemar(only_champion, only_challenger) if told else None,
        dropped=found["dropped"],
        failed=found["failed"],
        waiting=found["waiting"],
    )


def _figures(found: Mapping[str, Any]) -> ArmFigures:
    told, right = found.get("told", 0), found.get("right", 0)
    return ArmFigures(
        answers=found.get("n", 0),
        with_feedback=told,
        right=right,
        accuracy=right / told if told else None,
        interval=wilson(right, told) if told else None,
        median_ms=found.get("median"),
        slow_ms=found.get("slow"),
    )


def _verdict(champion: ArmFigures, challenger: ArmFigures, p_value: float | None) -> str:
    least = min(champion.with_feedback, challenger.with_feedback)
    if p_value is None or champion.accuracy is None or challenger.accuracy is None:
        return "No feedback yet on answers of both: say of some predictions what is true."
    if p_value < _LIKELY:
        better = challenger.accuracy > champion.accuracy
        who = "challenger" if better else "live version"
        return f"The {who} is right more often (p = {p_value:.2g})."
    return _not_told(least, p_value)


def _verdict_of_pairs(pairs: Pairs) -> str:
    told = pairs.both + pairs.only_champion + pairs.only_challenger + pairs.neither
    if pairs.p_value is None:
        return "No feedback yet on images that both answered: say of some what is true."
    if pairs.p_value < _LIKELY:
        better = pairs.only_challenger > pairs.only_champion
        who = "challenger" if better else "live version"
        return f"The {who} is right more often (McNemar's test, p = {pairs.p_value:.2g})."
    return _not_told(told, pairs.p_value)


def _not_told(least: int, p_value: float) -> str:
    few = f" With {least} answers judged, only a large one would show." if least < FEW else ""
    return f"No difference that chance would not make (p = {p_value:.2g}).{few}"
