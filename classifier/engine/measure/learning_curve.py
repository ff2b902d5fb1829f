"""How accuracy grows with the number of images, and what more of them would bring.

Errors of image classifiers fall with the number of images as a power law above a floor (Cortes et
al., "Learning curves: asymptotic values and rate of convergence", 1993; Hestness et al., "Deep
learning scaling is predictable, empirically", 2017). A few points do not tell the floor, so it is
drawn by chance in each of many fits, and the spread of these fits is the interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.intervals import percent, wilson
from classifier.engine.versioned import Versioned

Interval = tuple[float, float]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_DRAWS = 1000
# The floor is up to this share of the smallest error that was measured, a low one more likely.
_FLOOR = 0.9
# Other images of the same number, and another seed, change an error by about this share.
_REFIT = 0.06
# Steeper than this no such curve was seen; a flatter one than 0 would get worse with more images.
_STEEPEST = 1.5
FEWEST_POINTS = 4
FEWEST_OF_A_CLASS = 10
# Wider than this, in points of accuracy, an interval advises nothing.
_WIDEST = 0.2


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The accuracy after learning from so many images, over all folds; Wilson's 95 % interval."""

    images: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a total of ``images`` would bring: ``more_per_class`` in addition to those there are.

    ``interval`` is where the accuracy, measured on as many images as here, lies with 95 %; ``gain``
    is the difference to today's and ``gain_interval`` where that lies.
    """

    images: int
    more_per_class: int
    accuracy: float
    interval: Interval
    gain: float
    gain_interval: Interval


@dataclass(frozen=True, kw_only=True)
class ClassForecast:
    """One class: its share recognized now, and what ``more`` images would bring; None: unknown."""

    class_name: str
    images: int
    recall: float
    more: int
    gain: float | None
    gain_interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class LearningCurve(Versioned):
    """All of it. ``forecast`` is None where there is too little to say; ``advice`` says why."""

    SCHEMA: ClassVar[int] = 1

    points: tuple[CurvePoint, ...]
    forecast: Forecast | None
    advice: str
    per_class: tuple[ClassForecast, ...]
    seconds: float


def extrapolate(
    sizes: Sequence[int], wrong: Bools, targets: Sequence[int], seed: int = 0
) -> Floats:
    """Return draws (draws, targets) of the error at other numbers of images.

    ``wrong`` (sizes, images) says which of the images that no fit learned from were answered
    wrongly after learning from so many. In each draw the images are drawn with replacement (the
    bootstrap), the floor is drawn by chance, and so is what another fit would change.
    """
    rng = np.random.default_rng(seed)
    images = wrong.shape[1]
    # Images that went the same way at each size are drawn together: there are few such kinds.
    kinds, sizes_of = np.unique(wrong, axis=1, return_counts=True)
    counts = rng.multinomial(images, sizes_of / images, _DRAWS).astype(np.float64)
    # Half an image more on either side: no error is 0, whose logarithm there is not.
    errors = (counts @ kinds.T + 0.5) / (images + 1)
    errors = np.minimum(0.99, errors * np.exp(rng.normal(0, _REFIT, errors.shape)))
    floors = _FLOOR * rng.uniform(0, 1, _DRAWS) ** 2 * errors.min(axis=1)
    above = errors - floors[:, None]
    weights = above**2 / (errors * (1 - errors))
    slope, level = _lines(np.log(np.asarray(sizes, np.float64)), np.log(above), weights)
    ahead = np.log(np.asarray(targets, np.float64))[None]
    return np.minimum(1.0, floors[:, None] + np.exp(level[:, None] + slope[:, None] * ahead))


def _lines(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return slope and level of each row's weighted line; slopes within -_STEEPEST..0."""
    total = weights.sum(axis=1)
    middle_x, middle_y = (weights * x).sum(axis=1) / total, (weights * y).sum(axis=1) / total
    apart = x[None] - middle_x[:, None]
    slope = (weights * apart * y).sum(axis=1) / (weights * apart**2).sum(axis=1)
    slope = slope.clip(-_STEEPEST, 0)
    return slope, middle_y - slope * middle_x


def predicted_accuracy(
    sizes: Sequence[int], wrong: Bools, target: int, tested: int, seed: int = 0
) -> tuple[float, Interval]:
    """Return the accuracy expected at ``target`` images and its 95 % interval.

    The interval is for an accuracy that is measured on ``tested`` images.
    """
    return _measured(extrapolate(sizes, wrong, [target], seed)[:, 0], tested, seed)


def _measured(draws: Floats, tested: int, seed: int = 0) -> tuple[float, Interval]:
    rng = np.random.default_rng(seed + 1)
    refitted = np.minimum(1.0, draws * np.exp(rng.normal(0, _REFIT, len(draws))))
    measured = 1 - rng.binomial(tested, refitted) / tested
    return float(1 - np.median(draws)), _interval(measured)


def learning_curve(
    sizes: Sequence[int],
    wrong: Bools,
    labels: npt.NDArray[np.integer[Any]],
    class_names: Sequence[str],
    *,
    seconds: float,
) -> LearningCurve:
    """Return the points, the forecast and the advice; see ``extrapolate``.

    ``sizes`` ascend, the last is nearly all of the ``labels`` (images,).
    """
    images = wrong.shape[1]
    right = (~wrong).sum(axis=1).tolist()
    points = tuple(
        CurvePoint(images=size, accuracy=count / images, interval=wilson(count, images))
        for size, count in zip(sizes, right, strict=True)
    )
    counts = np.bincount(labels, minlength=len(class_names))
    more = nice_step(images / len(class_names))
    forecast, reason = _forecast(sizes, wrong, counts, more)
    return LearningCurve(
        points=points,
        forecast=forecast,
        advice=_advice(forecast) if forecast else reason,
        per_class=tuple(
            _class_forecast(name, sizes, wrong[:, labels == index], images, more)
            for index, name in enumerate(class_names)
        ),
        seconds=seconds,
    )


def nice_step(images_per_class: float) -> int:
    """Return about a half of it as 1, 2 or 5 times a power of ten, at least 10."""
    wanted = max(10.0, images_per_class / 2)
    power = 10 ** int(np.log10(wanted))
    return int(max(step * power for step in (1, 2, 5) if step * power <= wanted))


def _forecast(
    sizes: Sequence[int], wrong: Bools, counts: npt.NDArray[np.integer[Any]], more: int
) -> tuple[Forecast | None, str]:
    images = wrong.shape[1]
    fewest = int(counts[counts > 0].min())
    if len(sizes) < FEWEST_POINTS or fewest < FEWEST_OF_A_CLASS:
        return None, (
            f"Too few images to say: the smallest class has {fewest}. A forecast needs at least "
            f"{FEWEST_OF_A_CLASS} of each, and more where copies stay together."
        )
    target = images + more * int((counts > 0).sum())
    draws = extrapolate(sizes, wrong, [images, target])
    accuracy, interval = _measured(draws[:, 1], images)
    if interval[1] - interval[0] > _WIDEST:
        return None, (
            "Too few images to say: what more would bring lies anywhere between "
            f"{percent(interval[0])} and {percent(interval[1])}."
        )
    gain, gain_interval = _gain(draws)
    return Forecast(
        images=target,
        more_per_class=more,
        accuracy=accuracy,
        interval=interval,
        gain=gain,
        gain_interval=gain_interval,
    ), ""


def _gain(draws: Floats) -> tuple[float, Interval]:
    """Return by how much accuracy rises from the first target to the second, and 95 % of it."""
    gains = draws[:, 0] - draws[:, 1]
    return float(np.median(gains)), _interval(gains)


def _class_forecast(
    name: str, sizes: Sequence[int], wrong: Bools, images: int, more: int
) -> ClassForecast:
    """Return what ``more`` images of a class would bring, where the others grow alike."""
    own = wrong.shape[1]
    known = len(sizes) >= FEWEST_POINTS and own >= FEWEST_OF_A_CLASS
    gain, interval = None, None
    if known:
        gain, interval = _gain(
            extrapolate(sizes, wrong, [images, round(images * (1 + more / own))])
        )
        if interval[1] - interval[0] > _WIDEST:
            gain, interval = None, None
    return ClassForecast(
        class_name=name,
        images=own,
        recall=float(1 - wrong[-1].mean()) if own else 0.0,
        more=more,
        gain=gain,
        gain_interval=interval,
    )


def _advice(forecast: Forecast) -> str:
    low, high = (100 * each for each in forecast.gain_interval)
    gain = 100 * forecast.gain
    said = (
        f"{forecast.more_per_class:,} more images per class would bring about {gain:+.1f} points "
        f"({low:.1f} to {high:.1f})."
    )
    return said if high >= 0.5 else f"{said} More images of these kinds hardly help."


def _interval(values: Floats) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975)).tolist()
    return low, high
