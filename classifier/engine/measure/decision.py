"""Decisions: which answers are accepted, which a person should look at, which are of nothing known.

An answer about an image that is far from the training images is *unknown*; one as probable as its
class's threshold or more is *accept*; all others are *review*. ``decide`` finds the thresholds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.decision_answers import DecisionAnswers
from classifier.engine.measure.intervals import share_interval
from classifier.engine.measure.promise import Promise, keep_known, keep_precision
from classifier.engine.versioned import Versioned

Verdict = Literal["accept", "review", "unknown"]
ACCEPT, REVIEW, UNKNOWN = get_args(Verdict)
# An image's distance is that to its third nearest training vector (tests.bench.decisions).
NEIGHBOUR = 3
# More training vectors are not kept.
MOST_REFERENCES = 5_000


@dataclass(frozen=True, kw_only=True)
class Wish(Versioned):
    """What a person asks for: a ``precision``, of all answers or by class, or ``thresholds``.

    ``confidence`` is that of the promise of precision; ``unknown_rate`` the share of images of the
    known kind that may be called unknown: 0 calls none so. Classes that are not named are reviewed.
    """

    SCHEMA: ClassVar[int] = 1

    precision: float | dict[str, float] | None = None
    thresholds: dict[str, float] | None = None
    confidence: float = 0.9
    unknown_rate: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Rule(Versioned):
    """What decides: ``thresholds`` in the order of the classes, None where none is accepted.

    An image whose ``NEIGHBOUR``-th nearest training vector is further than ``distance`` is unknown;
    None where none is called so. Training vectors lie by class; those of class c from row
    ``starts[c]`` to ``starts[c + 1]``.
    """

    SCHEMA: ClassVar[int] = 1

    thresholds: tuple[float | None, ...]
    distance: float | None = None
    starts: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClassOutcome:
    """One class on validation: of ``answered`` images of the known kind ``accepted`` go through.

    ``promised`` is the precision that is kept, None without a promise, ``refusal`` why there is
    none though one was asked for.
    """

    class_name: str
    threshold: float | None
    answered: int
    accepted: int
    correct: int
    promised: float | None = None
    refusal: str = ""

    @property
    def expected_precision(self) -> float | None:
        """The share of the accepted that are right; None where none is accepted."""
        return self.correct / self.accepted if self.accepted else None


@dataclass(frozen=True, kw_only=True)
class Outcome(Versioned):
    """What a rule does on ``images`` of the validation split, of which ``unknown`` are called so.

    ``promised`` is the precision kept over all accepted answers, None where none was promised so;
    refusals say what was asked for and cannot be promised.
    """

    SCHEMA: ClassVar[int] = 1

    images: int
    unknown: int
    per_class: tuple[ClassOutcome, ...]
    promised: float | None = None
    refusal: str = ""
    unknown_refusal: str = ""

    @property
    def accepted(self) -> int:
        """How many images go through."""
        return sum(each.accepted for each in self.per_class)

    @property
    def correct(self) -> int:
        """How many of those are right."""
        return sum(each.correct for each in self.per_class)

    @property
    def accept_share(self) -> float:
        """The share of all images that goes through."""
        return self.accepted / self.images if self.images else 0.0

    @property
    def unknown_share(self) -> float:
        """The share of all images that is called unknown."""
        return self.unknown / self.images if self.images else 0.0

    @property
    def review_share(self) -> float:
        """The share of all images that a person should look at."""
        left = self.images - self.accepted - self.unknown
        return left / self.images if self.images else 0.0

    @property
    def expected_precision(self) -> float | None:
        """The share of the accepted that are right; None where none is accepted."""
        return self.correct / self.accepted if self.accepted else None

    @property
    def expected_interval(self) -> tuple[float, float] | None:
        """Its 95 % interval (Wilson's)."""
        return share_interval(self.expected_precision, self.accepted)

    @property
    def by_class(self) -> bool:
        """Whether thresholds are the classes' own."""
        own = any(each.promised is not None or each.refusal for each in self.per_class)
        return own or len({each.threshold for each in self.per_class}) > 1

    @property
    def lowest_threshold(self) -> float | None:
        """The lowest of the thresholds; None where no answer is accepted."""
        found = [each.threshold for each in self.per_class if each.threshold is not None]
        return min(found, default=None)

    @property
    def promises(self) -> list[ClassOutcome]:
        """The classes whose precision is promised."""
        return [each for each in self.per_class if each.promised is not None]

    @property
    def refused(self) -> list[ClassOutcome]:
        """The classes for which it was asked and cannot be promised."""
        return [each for each in self.per_class if each.refusal]


@dataclass(frozen=True)
class Decided:
    """A rule and what it does."""

    rule: Rule
    outcome: Outcome


def decide(
    wish: Wish,
    answers: DecisionAnswers,
    class_names: Sequence[str],
    starts: Sequence[int] = (),
) -> Decided:
    """Return the rule that fulfils a wish as far as the validation answers let it be promised.

    ``starts`` as in ``Rule``; empty where the model has no vectors.
    """
    known, distance = _known(wish, answers)
    kept = answers[known]
    # The image that gave the distance is not one by chance.
    tested = kept if distance.threshold is None else kept[kept["distance"] != distance.threshold]
    found = _thresholds(wish, tested, class_names)
    thresholds = [each.threshold for each in found.by_class]
    per_class = tuple(
        _outcome(kept, index, name, found.by_class[index], _promised(wish, name))
        for index, name in enumerate(class_names)
    )
    whole = wish.precision if isinstance(wish.precision, float) else None
    outcome = Outcome(
        images=len(answers),
        unknown=int((~known).sum()),
        per_class=per_class,
        promised=whole if whole is not None and not found.refusal else None,
        refusal=found.refusal,
        unknown_refusal=distance.refusal,
    )
    rule = Rule(
        thresholds=tuple(thresholds), distance=distance.threshold, starts=tuple(map(int, starts))
    )
    return Decided(rule, outcome)


def without(decided: Decided, reasons: Mapping[str, str]) -> Decided:
    """Return what is decided once promises are withdrawn: these classes are accepted no more.

    ``reasons`` says why by class name; "" stands for all classes.
    """
    if not reasons:
        return decided
    found, everything = decided.outcome, reasons.get("")
    out = [everything or reasons.get(each.class_name) for each in found.per_class]
    per_class = tuple(
        each if why is None else replace(each, threshold=None, accepted=0, correct=0, promised=None)
        for each, why in zip(found.per_class, out, strict=True)
    )
    named = tuple(
        replace(each, refusal=reasons[each.class_name]) if each.class_name in reasons else each
        for each in per_class
    )
    thresholds = tuple(
        threshold if why is None else None
        for threshold, why in zip(decided.rule.thresholds, out, strict=True)
    )
    outcome = replace(
        found,
        per_class=named,
        promised=None if everything else found.promised,
        refusal=everything or found.refusal,
    )
    return Decided(replace(decided.rule, thresholds=thresholds), outcome)


def _known(wish: Wish, answers: DecisionAnswers) -> tuple[npt.NDArray[np.bool_], Promise]:
    """Return which images are of the known kind, and the distance that says so."""
    everything = np.ones(len(answers), bool)
    if not wish.unknown_rate:
        return everything, Promise(None)
    if np.isnan(answers["distance"]).any():
        return everything, Promise(None, "The file of this model gives no vectors to compare.")
    found = keep_known(answers["distance"], wish.unknown_rate)
    if found.threshold is None:
        return everything, found
    return answers["distance"] <= found.threshold, found


@dataclass(frozen=True)
class _Thresholds:
    by_class: list[Promise]
    refusal: str = ""


def _thresholds(wish: Wish, kept: DecisionAnswers, class_names: Sequence[str]) -> _Thresholds:
    error = 1 - wish.confidence
    correct = kept["predicted"] == kept["truth"]
    if wish.thresholds is not None:
        return _Thresholds([Promise(wish.thresholds.get(name)) for name in class_names])
    if isinstance(wish.precision, Mapping):
        # Each class is a promise of its own: together they fail with a chance of `error`.
        share = error / max(1, len(wish.precision))
        found = []
        for index, name in enumerate(class_names):
            so = kept["predicted"] == index
            asked = wish.precision.get(name)
            found.append(
                Promise(None)
                if asked is None
                else keep_precision(kept["probability"][so], correct[so], asked, share)
            )
        return _Thresholds(found)
    one = keep_precision(kept["probability"], correct, wish.precision or 0.95, error)
    return _Thresholds([Promise(one.threshold)] * len(class_names), one.refusal)


def _promised(wish: Wish, class_name: str) -> float | None:
    return wish.precision.get(class_name) if isinstance(wish.precision, Mapping) else None


def _outcome(
    kept: DecisionAnswers, index: int, name: str, promise: Promise, asked: float | None
) -> ClassOutcome:
    so = kept[kept["predicted"] == index]
    through = so[:0] if promise.threshold is None else so[so["probability"] >= promise.threshold]
    return ClassOutcome(
        class_name=name,
        threshold=promise.threshold,
        answered=len(so),
        accepted=len(through),
        correct=int((through["truth"] == index).sum()),
        promised=asked if promise.threshold is not None else None,
        refusal=promise.refusal,
    )
