"""Weights of images count in every way to fit: in heads, in classic methods, in what is made."""

import numpy as np
import pytest

from classifier.engine.fit.balance import Balance, with_synthetic
from classifier.engine.fit.classic.growing import grown
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.head import Head, HeadSteps
from classifier.engine.fit.script.refusal import refusal
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.runtime.batches import Arrays
from classifier.engine.subgroups import Subgroups
from classifier.engine.watch import Watch
from tests.classifier.engine.classic import Listener


class Quiet(Listener):
    """A listener of a fit with epochs."""

    def epoch(self, metrics, answers) -> None: ...


WEIGHED = [
    name
    for name, preset in PRESETS.items()
    if preset.kind == "classic" and "reweight_by" in preset.settings
]


def _contradiction() -> tuple[np.ndarray, np.ndarray]:
    """Ninety points in three clouds; in the first, every other one has another class."""
    random = np.random.default_rng(0)
    places = np.repeat(np.arange(3), 30)
    points = np.eye(3)[places] * 3 + random.normal(0, 0.3, (90, 3))
    labels = places.copy()
    labels[1:30:2] = 1
    return points.astype(np.float32), labels


@pytest.mark.parametrize("name", WEIGHED)
def test_a_classic_method_answers_as_the_weights_say(name) -> None:
    preset = PRESETS[name]
    points, labels = _contradiction()
    settings = {"balanced": False, "input": "pixels", "side": 8}
    config = checked_config(name, settings)
    for wanted in (0, 1):
        counts = np.ones(90, np.float32)
        counts[:30] = np.where(labels[:30] == wanted, 1.8, 0.2)
        if preset.steps is None:
            fitted = preset.fitted(preset.estimator(config, 3), points, labels, counts)
        else:
            fitted, _ = grown(preset, config, points, labels, Watch(Listener()), counts)
        answers = fitted.predict_proba(np.array([[3.0, 0.0, 0.0]], np.float32))[0]
        assert answers.argmax() == wanted, (name, answers)
        if preset.calibrates:
            machine = fitted.calibrated_classifiers_[0].estimator
            scores = machine.decision_function(np.array([[3.0, 0.0, 0.0]], np.float32))[0]
            assert scores[wanted] > scores[1 - wanted], "the machine itself, not its calibration"


def test_a_head_no_longer_learns_what_only_the_subgroup_says() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    # Nine in ten of a class are in its own subgroup, which the first number tells.
    groups = np.where(random.random(400) < 0.9, labels, 1 - labels)
    vectors = random.normal(0, 1, (400, 4))
    vectors[:, 0] = groups * 2 - 1
    vectors[:, 1] += labels * 2 - 1
    samples = [(str(number), int(label)) for number, label in enumerate(labels)]
    values = {sample: str(group) for sample, group in zip(samples, groups, strict=True)}
    weights = Subgroups("camera", ("a", "b"), values).weights(samples)
    reach = []
    for counts in (None, weights):
        kernel = _fitted(Arrays(vectors.astype(np.float32), labels, counts))
        reach.append(np.abs(kernel[:, 1] - kernel[:, 0]))
    plain, weighed = reach
    assert plain[0] > 0.5 * plain[1], "the hint is learned"
    assert weighed[0] < 0.25 * weighed[1], "and is not where it says nothing"


def _fitted(train: Arrays) -> np.ndarray:
    config = checked_config("mobilenet_v2", {"epochs": 20, "learning_rate": 0.05, "dropout": 0.0})
    head = Head.untrained(4, 2, 0)
    stage = Stage(
        name="head",
        steps=lambda schedule, loss: HeadSteps(head, schedule, loss, config),
        train=train,
        balance=Balance(config, train.labels, 2),
        validation=Arrays(train.inputs[:0], train.labels[:0]),
        epochs=20,
        learning_rate=0.05,
    )
    Fitting(config, Watch(Quiet()), None).run(stage)
    return head.kernel


def test_an_example_that_is_made_counts_as_the_image_does_that_it_was_made_from() -> None:
    config = checked_config("mobilenet_v2", {"synthetic": 1.0})
    labels = np.array([0] * 8 + [1, 1])
    vectors = np.arange(10, dtype=np.float32)[:, None]
    weights = np.linspace(0.5, 1.5, 10).astype(np.float32)
    found = with_synthetic(Arrays(vectors, labels, weights), Balance(config, labels, 2), 0)
    assert len(found.weights) == len(found.labels) == 16
    assert set(found.weights[10:]) <= set(weights[8:])
    assert with_synthetic(Arrays(vectors, labels), Balance(config, labels, 2), 0).weights is None


@pytest.mark.parametrize("name", ["cnn_tiny", "mobilenet_v2", "logistic_regression"])
def test_a_script_says_that_it_cannot_do_the_same(name) -> None:
    preset = PRESETS[name]
    assert "reweight_by camera" in refusal(preset, preset.config({"reweight_by": "camera"}))
