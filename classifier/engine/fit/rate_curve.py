"""What a range test measured, and which learning rate it speaks for. NumPy alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from classifier.engine.versioned import Versioned

Floats = npt.NDArray[np.float64]
# How a rate is read off the curve: where the loss falls fastest, or a tenth of the lowest loss's.
Method = Literal["steepest", "tenth_of_minimum"]
# Standard deviation, in steps, of the bell that smooths the losses on both sides of each.
_BELL = 3.0
# The loss must fall by this share of where it began, and by this many times its own noise.
_LEAST_FALL = 0.05
_NOISES = 3.0
# Steps at the start by which a loss has not moved yet.
_BEGIN = 8
_DIVERGED = 4.0
# The fall has begun when the loss stays below where it was by this share of the whole.
_BEGUN = 0.1
_ROSE = (
    "The loss was {began:.3g} at the start and rose from there: even the lowest rate that the "
    "setting takes lowers it no further. There is no rate to suggest."
)


@dataclass(frozen=True, kw_only=True)
class RatePoint:
    """One step: its learning rate, the batch's loss, and that loss smoothed over its neighbours."""

    learning_rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A learning rate of two digits, and how it was read off the curve."""

    method: Method
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class RateCurve(Versioned):
    """The losses of steps at growing learning rates, and what they say.

    ``diverged_at`` is the rate at which the test ended early: the smoothed loss was four times its
    lowest and above where it began, or no number. ``suggestions`` holds the taken one first; it is
    empty where the curve says too little, and ``verdict`` then says why.
    """

    SCHEMA: ClassVar[int] = 1

    points: list[RatePoint]
    diverged_at: float | None
    suggestions: list[Suggestion]
    verdict: str


def growing(lowest: float, highest: float, steps: int) -> Floats:
    """Return ``steps`` rates from ``lowest`` to ``highest``, each the same factor above the last.

    The range test of Smith (2017, "Cyclical learning rates for training neural networks") raises
    the rate linearly; by a factor, as fastai's ``lr_find`` does, it covers orders of magnitude.
    """
    return np.geomspace(lowest, highest, steps)


def smoothed(losses: Sequence[float]) -> Floats:
    """Return the losses (n,), each averaged with its neighbours: weights of a bell.

    Unlike a running mean it looks both ways, so the curve is not shifted to higher rates.
    """
    places = np.arange(len(losses))
    weights = np.exp(-0.5 * ((places[:, None] - places[None, :]) / _BELL) ** 2)
    return np.asarray(weights @ np.asarray(losses, np.float64) / weights.sum(axis=1))


def has_diverged(losses: Sequence[float]) -> bool:
    """Whether there is nothing more to be seen: no number, or far above the lowest and the start.

    fastai ends at four times the lowest loss. Where that is near 0 a single hard batch would do,
    so the loss must also be above where it began.
    """
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) <= _BEGIN:
        return False
    curve = smoothed(losses)
    return bool(curve[-1] > max(_DIVERGED * curve.min(), np.mean(losses[:_BEGIN])))


def curve_of(rates: Floats, losses: Sequence[float]) -> RateCurve:
    """Return what the losses of the first steps at ``rates`` say; the last may be no number."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    ended = len(losses) and has_diverged(losses)
    diverged_at = float(rates[len(losses) - 1]) if ended else None
    values = smoothed(finite) if finite else np.empty(0)
    points = [
        RatePoint(learning_rate=float(rate), loss=float(loss), smoothed=float(mean))
        for rate, loss, mean in zip(rates, finite, values, strict=False)
    ]
    refusal = _too_little(finite, values, lost=len(finite) < len(losses))
    found = [] if refusal else _suggestions(rates, values)
    verdict = refusal or _verdict(found, int(values.argmin()) == len(rates) - 1)
    return RateCurve(points=points, diverged_at=diverged_at, suggestions=found, verdict=verdict)


def _too_little(losses: Sequence[float], values: Floats, *, lost: bool) -> str:
    """Return why no rate can be named; empty where one can, and the loss fell after the start."""
    if len(losses) <= _BEGIN:
        number = len(losses) + 1
        why = f"the loss was no number from step {number} on" if lost else f"it takes {_BEGIN + 1}"
        return f"Too few steps to say: {why}."
    began, lowest = float(np.mean(losses[:_BEGIN])), float(values.min())
    before = max(_BEGIN, int(values.argmin()) + 1)
    noise = float(np.std(np.asarray(losses[:before]) - values[:before]))
    # A bell averages about 2·√π·σ steps.
    noise /= math.sqrt(2 * math.sqrt(math.pi) * _BELL)
    if began - lowest > max(_LEAST_FALL * began, _NOISES * noise):
        return "" if values.argmin() >= _BEGIN else _ROSE.format(began=values[0])
    return (
        f"The loss fell at no learning rate by more than chance explains: it was {began:.3g} at "
        f"the start and {lowest:.3g} at the lowest. That is too little to say which rate suits."
    )


def _suggestions(rates: Floats, values: Floats) -> list[Suggestion]:
    place = int(values.argmin())
    slopes = np.gradient(values[: place + 1], np.log10(rates[: place + 1]))
    begun = _fall_begins(values[: place + 1])
    found: dict[Method, float] = {
        "steepest": float(rates[begun + int(slopes[begun:].argmin())]),
        "tenth_of_minimum": float(rates[place]) / 10,
    }
    # What the setting does not take is no suggestion.
    return [
        Suggestion(method=method, learning_rate=_two_digits(rate))
        for method, rate in found.items()
        if rate >= rates[0]
    ]


def _fall_begins(values: Floats) -> int:
    """Return the last place at which less than a tenth of the fall is done.

    What falls and rises again before that is the noise of batches at rates that move nothing.
    """
    began = float(values[:_BEGIN].mean())
    above = np.flatnonzero(values[:-1] > began - _BEGUN * (began - values[-1]))
    return int(above[-1]) if len(above) else 0


def _two_digits(rate: float) -> float:
    return float(f"{rate:.1e}")


def _verdict(found: Sequence[Suggestion], still_falls: bool) -> str:
    taken, *others = found
    text = f"The loss falls fastest at a learning rate of {taken.learning_rate:g}."
    for other in others:
        text += f" A tenth of the rate with the lowest loss is {other.learning_rate:g}."
    if still_falls:
        text += " It still fell at the highest rate that the setting takes."
    return text
