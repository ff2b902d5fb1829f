"""Whether a model is right as often as it says, by hand and as its temperature would have it."""

import numpy as np
import pytest

from classifier.engine.measure.calibration import (
    BINS,
    Temperature,
    calibration_of,
    fitted_temperature,
    scaled_by,
)
from classifier.engine.target import probabilities


def over_confident(images: int, seed: int, factor: float = 3.0):
    """Return answers whose logits are `factor` times those that the classes were drawn by."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.2, (images, 5))
    chances = probabilities(logits)
    truth = (random.random((images, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, 4)
    return probabilities(logits * factor), truth


def test_the_error_by_hand():
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.35, 0.65], [0.35, 0.65]])
    found = calibration_of(scores, np.array([0, 1, 1, 1]))
    # Two answers at 0.9, half of them right; two at 0.65, both right.
    assert found.ece == pytest.approx(0.5 * abs(0.9 - 0.5) + 0.5 * abs(0.65 - 1.0))
    assert len(found.bins) == BINS
    assert [each.count for each in found.bins if each.count] == [2, 2]
    assert (found.temperature, found.scaled) == (None, None)
    assert sum(each.confidence is None for each in found.bins) == BINS - 2


def test_a_temperature_brings_confidence_down_to_accuracy_and_changes_no_class():
    value = fitted_temperature(*over_confident(1500, 0))
    assert value == pytest.approx(3.0, rel=0.15)
    scores, truth = over_confident(1500, 1)
    found = calibration_of(scores, truth, Temperature(value=value, images=1500))
    assert (found.temperature, found.fitted_on) == (value, 1500)
    assert found.scaled.ece < found.ece / 2
    assert (scaled_by(scores, value).argmax(axis=1) == scores.argmax(axis=1)).all()


def test_a_model_that_is_calibrated_stays_as_it_is():
    scores, truth = over_confident(1500, 2, factor=1.0)
    value = fitted_temperature(scores, truth)
    assert value == pytest.approx(1.0, abs=0.1)
    certain = np.eye(3)[[0, 1, 2]]
    assert fitted_temperature(certain, [0, 1, 2]) == 1.0, "nothing to mend"
    found = calibration_of(certain, np.array([0, 1, 2]), Temperature(value=1.0, images=3))
    assert found.ece == found.scaled.ece == 0.0
