"""Whether a model is right as often as it says: calibration of the class it decides for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine import target
from classifier.engine.measure.temperature import temperature_of

Floats = npt.NDArray[np.floating[Any]]
# As in Guo et al., "On Calibration of Modern Neural Networks", 2017.
BINS = 15
# The logarithm of less would be a logit that no network has.
_LEAST = 1e-12
# A smaller error of calibration is as good as can be measured on a few hundred images.
_MATTERS = 0.01
_BEYOND_CHANCE = 1.645


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """What the logits are divided by, fitted on so many validation ``images``."""

    value: float
    images: int


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """The ``count`` answers whose probability is over ``low`` and up to ``high``.

    ``confidence`` is the mean of these probabilities, ``accuracy`` the share of right answers; both
    None where there are no answers.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """The same answers with their logits divided by the temperature: no class changes."""

    ece: float
    log_loss: float
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How sure the answers are and how often they are right.

    ``ece`` is the expected calibration error, 0..1: the mean distance of confidence from accuracy
    over fifteen bins of equal width, weighted by their answers. ``temperature`` was fitted on
    ``fitted_on`` validation images, None without one; ``scaled`` is what it would make of these
    answers. What Loupe answers is not scaled.
    """

    ece: float
    bins: tuple[CalibrationBin, ...]
    temperature: float | None = None
    fitted_on: int = 0
    scaled: Scaled | None = None


def calibration_of(
    probabilities: Floats,
    truth: npt.NDArray[np.integer[Any]],
    temperature: Temperature | None = None,
) -> Calibration:
    """Measure probabilities (n, classes) of n ≥ 1 images of the class indices ``truth`` (n,)."""
    bins = _bins(probabilities, truth)
    if temperature is None:
        return Calibration(ece=_error(bins), bins=bins)
    other = scaled_by(probabilities, temperature.value)
    found = _bins(other, truth)
    return Calibration(
        ece=_error(bins),
        bins=bins,
        temperature=temperature.value,
        fitted_on=temperature.images,
        scaled=Scaled(
            ece=_error(found),
            log_loss=float(_losses(other, truth).mean()),
            bins=found,
        ),
    )


def scaled_by(probabilities: Floats, temperature: float) -> Floats:
    """Return probabilities (n, classes) as they would be with logits divided by a temperature."""
    if temperature == 1.0:
        return probabilities
    return target.probabilities(_logits(probabilities) / temperature)


def fitted_temperature(
    probabilities: Floats, labels: Sequence[int] | npt.NDArray[np.integer[Any]]
) -> float:
    """Return the temperature that suits probabilities (n, classes) of n ≥ 1 validation images.

    Found by log loss (Guo et al., 2017). 1, which changes nothing, where on these images it would
    not lower the expected calibration error by a point, or the log loss by no more than chance
    (one-sided, 95 %): a few hundred answers that are nearly all right say little.
    """
    truth = np.asarray(labels, np.int64)
    found = temperature_of(_logits(probabilities), truth)
    other = scaled_by(probabilities, found)
    if _error(_bins(probabilities, truth)) - _error(_bins(other, truth)) < _MATTERS:
        return 1.0
    gains = _losses(probabilities, truth) - _losses(other, truth)
    return found if gains.mean() > _BEYOND_CHANCE * gains.std() / len(gains) ** 0.5 else 1.0


def _losses(probabilities: Floats, truth: npt.NDArray[np.integer[Any]]) -> Floats:
    chosen = np.asarray(probabilities, np.float64)[np.arange(len(truth)), truth]
    return -np.log(chosen.clip(float(np.finfo(np.float32).eps), 1.0))


def _logits(probabilities: Floats) -> Floats:
    return np.log(np.maximum(np.asarray(probabilities, np.float64), _LEAST))


def _bins(probabilities: Floats, truth: npt.NDArray[np.integer[Any]]) -> tuple[CalibrationBin, ...]:
    predicted = target.decide(probabilities)
    sure = np.asarray(probabilities, np.float64)[np.arange(len(truth)), predicted].clip(0, 1)
    places = (np.ceil(sure * BINS).astype(np.int64) - 1).clip(0, BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    sums = np.bincount(places, weights=sure, minlength=BINS)
    right = np.bincount(places, weights=predicted == truth, minlength=BINS)
    return tuple(
        CalibrationBin(
            low=place / BINS,
            high=(place + 1) / BINS,
            count=int(count),
            confidence=float(sums[place] / count) if count else None,
            accuracy=float(right[place] / count) if count else None,
        )
        for place, count in enumerate(counts.tolist())
    )


def _error(bins: tuple[CalibrationBin, ...]) -> float:
    total = sum(each.count for each in bins)
    return sum(
        each.count / total * abs(each.accuracy - each.confidence)
        for each in bins
        if each.accuracy is not None and each.confidence is not None
    )
