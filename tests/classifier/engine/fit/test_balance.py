"""Rare classes: weights, the order of an epoch, synthetic examples, and the focal loss."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.engine.errors import InvalidConfig
from classifier.engine.fit.balance import Balance, with_synthetic
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.batches import Arrays
from classifier.engine.target import Loss

# 90, 9 and 1 images; the fourth class has none to learn from.
LABELS = np.repeat([0, 1, 2], [90, 9, 1])


def balance(**changes) -> Balance:
    config = checked_config("cnn_tiny", changes)
    return Balance(config, LABELS, 4)


def test_weights_are_one_on_average_and_a_class_alone_has_none_to_take() -> None:
    weights = np.array(balance(balance="class_weights").loss(0.0).weights)
    assert weights[LABELS].mean() == pytest.approx(1)
    np.testing.assert_allclose(weights[:3] * [90, 9, 1], 100 / 3)
    assert weights[3] == 1
    assert balance().loss(0.1) == Loss(smoothing=0.1)


def test_balanced_sampling_shows_each_class_equally_often_and_all_its_images() -> None:
    order = balance(balance="balanced_sampling").order((3, 1))
    assert len(order) == 100
    counts = np.bincount(LABELS[order])
    assert counts.max() - counts.min() <= 2
    assert set(order[LABELS[order] == 1]) == set(range(90, 99))
    assert np.array_equal(order, balance(balance="balanced_sampling").order((3, 1)))
    assert not np.array_equal(order, balance(balance="balanced_sampling").order((3, 2)))


def test_without_a_setting_every_image_is_seen_once() -> None:
    assert np.array_equal(np.sort(balance().order((0, 1))), np.arange(100))


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_synthetic_examples_fill_rare_classes_and_their_number_is_told(share) -> None:
    filled = balance(synthetic=share)
    wanted = np.maximum([90, 9, 1], np.ceil(90 * share))
    assert filled.missing.tolist() == [*(wanted - [90, 9, 1]), 0]
    order = filled.order((0, 1))
    assert np.bincount(LABELS[order]).tolist() == wanted.tolist()
    assert set(order) == set(range(100))


def test_synthetic_vectors_lie_between_those_of_their_class() -> None:
    vectors = np.random.default_rng(0).normal(LABELS[:, None] * 10, 1, (100, 8)).astype(np.float16)
    train = Arrays(vectors, LABELS)
    made = with_synthetic(train, balance(synthetic=0.5), seed=4)
    assert np.bincount(made.labels).tolist() == [90, 45, 45]
    assert made.inputs.dtype == np.float16
    assert np.array_equal(made.inputs[:100], vectors)
    for index in (1, 2):
        own, new = vectors[index == LABELS], made.inputs[100:][made.labels[100:] == index]
        assert (new >= own.min(axis=0)).all()
        assert (new <= own.max(axis=0)).all()
    assert len(np.unique(made.inputs[100:136], axis=0)) == 36
    again = with_synthetic(train, balance(synthetic=0.5), seed=4)
    assert np.array_equal(made.inputs, again.inputs)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("weights", [(), (0.5, 1.0, 4.0)])
def test_slopes_are_those_of_the_loss(smoothing, gamma, weights) -> None:
    loss = Loss(smoothing=smoothing, gamma=gamma, weights=weights)
    logits = np.random.default_rng(1).normal(0, 2, (6, 3))
    labels = np.array([0, 1, 2, 0, 1, 2])
    _, slopes = loss.with_slopes(logits, labels)
    for place in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-5
        above, _ = loss.with_slopes(logits + step, labels)
        below, _ = loss.with_slopes(logits - step, labels)
        slope = (above - below)[place[0]] / 2e-5
        assert slopes[place] == pytest.approx(slope, abs=1e-4)


def test_what_would_have_no_effect_is_refused_by_name() -> None:
    with pytest.raises(InvalidConfig, match="synthetic needs augmentation"):
        checked_config("cnn_tiny", {"synthetic": 0.5, "augmentation": "none"})
    assert checked_config("mobilenet_v2", {"synthetic": 0.5}).synthetic == 0.5
    with pytest.raises(InvalidConfig, match="synthetic needs augmentation"):
        checked_config("mobilenet_v2", {"synthetic": 0.5, "fine_tune_epochs": 1})
    with pytest.raises(InvalidConfig, match="synthetic has an effect with balance none or class"):
        checked_config("cnn_tiny", {"synthetic": 0.5, "balance": "balanced_sampling"})
    with pytest.raises(InvalidConfig, match="mixup changes pixels, and only the last layer is"):
        checked_config("mobilenet_v2", {"mixup": 0.2})
    assert replace(checked_config("cnn_tiny", {}), mixup=0.2).augmentations.mixes
