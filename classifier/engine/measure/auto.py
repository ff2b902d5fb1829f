"""Which of several models is the best, how sure that is, and what to try next.

All are measured on the same validation images; the best of them is chosen there, so its figure
there is a little too good. Whether another is really behind is asked by McNemar's test on the
paired answers. The winner is chosen by these same answers, so that any of all pairs might have been
the one that is compared: the p-values are multiplied by the number of pairs (Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.intervals import percent, probably, wilson
from classifier.engine.measure.mcnemar import mcnemar
from classifier.engine.versioned import Versioned

Interval = tuple[float, float]
Bools = npt.NDArray[np.bool_]
Stage = Literal["instant", "transfer", "scratch", "search"]
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One candidate that was fitted: ``right`` (validation images,) says which it answers rightly.

    ``milliseconds`` of a core for one image, None where they were not measured.
    """

    number: int
    stage: Stage
    title: str
    preset: str
    right: Bools
    loss: float
    seconds: float
    milliseconds: float | None

    @property
    def rank(self) -> tuple[int, float]:
        """Greater is better: images that are right, then the validation loss."""
        return int(self.right.sum()), -self.loss


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """One candidate that was not fitted, and why, in a sentence.

    ``for_time`` says that the budget left it out.
    """

    number: int
    stage: Stage
    title: str
    preset: str
    reason: str
    for_time: bool


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One row of the result. ``reason`` says why it was left out; then it has no figures.

    ``p_value`` is that of the difference to the winner, corrected; None for the winner itself.
    """

    number: int
    stage: Stage
    title: str
    preset: str
    status: Literal["done", "skipped"]
    reason: str = ""
    accuracy: float | None = None
    interval: Interval | None = None
    loss: float | None = None
    seconds: float | None = None
    images_per_second: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What to try next, and the rule that it comes from."""

    rule: str
    text: str


@dataclass(frozen=True, kw_only=True)
class OnTest:
    """The one time that the test split was asked, about the winner."""

    accuracy: float
    interval: Interval
    images: int


@dataclass(frozen=True, kw_only=True)
class AutoResult(Versioned):
    """All of it. ``winner`` is the number of a candidate; ``test`` None without test images."""

    SCHEMA: ClassVar[int] = 1

    verdict: str
    winner: int
    candidates: tuple[Candidate, ...]
    validation_images: int
    comparisons: int
    test: OnTest | None
    next: tuple[NextStep, ...]
    seconds: float


def in_minutes(seconds: int) -> str:
    """Return a budget in words, such as "the 10 minutes"."""
    minutes = seconds / 60
    return "the one minute" if minutes == 1 else f"the {minutes:.3g} minutes"


def best_of(tried: Sequence[Tried]) -> Tried:
    """Return the best; of equals the one that was fitted first."""
    return max(tried, key=lambda each: (each.rank, -each.number))


def candidates_of(
    tried: Sequence[Tried], skipped: Sequence[Skipped], winner: Tried
) -> tuple[Candidate, ...]:
    """Return the rows in the order of their numbers."""
    comparisons = pairs_of(len(tried))
    rows = [_done(each, winner, comparisons) for each in tried]
    rows += [
        Candidate(
            number=each.number,
            stage=each.stage,
            title=each.title,
            preset=each.preset,
            status="skipped",
            reason=each.reason,
        )
        for each in skipped
    ]
    return tuple(sorted(rows, key=lambda row: row.number))


def _done(each: Tried, winner: Tried, comparisons: int) -> Candidate:
    count = len(each.right)
    return Candidate(
        number=each.number,
        stage=each.stage,
        title=each.title,
        preset=each.preset,
        status="done",
        accuracy=float(each.right.mean()),
        interval=wilson(int(each.right.sum()), count),
        loss=each.loss,
        seconds=each.seconds,
        images_per_second=1000 / each.milliseconds if each.milliseconds else None,
        p_value=None if each is winner else corrected(winner, each, comparisons),
    )


def pairs_of(count: int) -> int:
    """Return how many comparisons there might be among so many candidates; at least one."""
    return max(1, count * (count - 1) // 2)


def corrected(winner: Tried, other: Tried, comparisons: int) -> float:
    """Return McNemar's p-value of two on the same images, times the number of comparisons."""
    only_winner = int((winner.right & ~other.right).sum())
    only_other = int((other.right & ~winner.right).sum())
    return min(1.0, comparisons * mcnemar(only_winner, only_other))


def verdict(
    tried: Sequence[Tried],
    skipped: Sequence[Skipped],
    winner: Tried,
    test: OnTest | None,
    budget: str,
) -> str:
    """Return what there is to say, the winner first; ``budget`` is in words ("the 10 minutes")."""
    return " ".join(
        [
            _won(winner, len(tried)),
            *_ahead(tried, winner),
            _tested(test),
            *_left_out(skipped, budget),
        ]
    )


def _won(winner: Tried, count: int) -> str:
    share, images = float(winner.right.mean()), len(winner.right)
    said = f"right on {percent(share)} of {images:,} validation images"
    sure = probably(*wilson(int(winner.right.sum()), images))
    if count == 1:
        return f"{winner.title} is all that was fitted: {said} ({sure})."
    return f"{winner.title} is the best of {count}: {said} ({sure})."


def _ahead(tried: Sequence[Tried], winner: Tried) -> list[str]:
    """Compare with the best of the other methods, and with the instant model where it is another.

    Trials of a search share their method with what they began from.
    """
    others = [each for each in tried if each.preset != winner.preset]
    second = best_of(others) if others else None
    instant = next((each for each in others if each.stage == "instant"), None)
    comparisons = pairs_of(len(tried))
    told = [second] if second else []
    if instant is not None and instant is not second:
        told.append(instant)
    return [_gap(winner, each, comparisons) for each in told]


def _gap(winner: Tried, other: Tried, comparisons: int) -> str:
    points = 100 * float(winner.right.mean() - other.right.mean())
    p_value = corrected(winner, other, comparisons)
    times = f", times {comparisons:,} possible comparisons" if comparisons > 1 else ""
    test = f"(McNemar, {_p(p_value)}{times})"
    if points == 0:
        return f"{other.title} is right on as many {test}."
    sure = "more than chance" if p_value < ALPHA else "which may be chance"
    return f"It is {points:.1f} points ahead of {other.title}, {sure} {test}."


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p below 0.001"


def _tested(test: OnTest | None) -> str:
    if test is None:
        return "There are no test images, so nothing has judged it since it was chosen."
    return (
        f"On {test.images:,} test images, which had no part in the choice, it is right on "
        f"{percent(test.accuracy)} ({probably(*test.interval)})."
    )


def _left_out(skipped: Sequence[Skipped], budget: str) -> list[str]:
    # Titles have commas of their own.
    late = dict.fromkeys(f"“{each.title}”" for each in skipped if each.for_time)
    failed = dict.fromkeys(f"“{each.title}”" for each in skipped if not each.for_time)
    said = [f"Left out of {budget}: {', '.join(late)}; the table says why."] if late else []
    if failed:
        said.append(f"Could not be fitted: {', '.join(failed)}; the table says why.")
    return said


def result_of(
    tried: Sequence[Tried],
    skipped: Sequence[Skipped],
    *,
    winner: Tried,
    test: OnTest | None,
    next_steps: Sequence[NextStep],
    budget: str,
    seconds: float,
) -> AutoResult:
    """Return the stored result; all figures come from ``tried``, ``skipped`` and ``test``."""
    return AutoResult(
        verdict=verdict(tried, skipped, winner, test, budget),
        winner=winner.number,
        candidates=candidates_of(tried, skipped, winner),
        validation_images=len(winner.right),
        comparisons=pairs_of(len(tried)),
        test=test,
        next=tuple(next_steps),
        seconds=seconds,
    )
