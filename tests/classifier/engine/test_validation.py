"""Answers to the validation split: counted by batches, packed, on images that a seed chose."""

import numpy as np
import pytest

from classifier.engine.validation import ValidationAnswers, ValidationTally, watched_places


def test_one_image_of_each_class_is_watched_then_a_second() -> None:
    labels = np.array([0] * 50 + [1] * 3 + [2] * 50 + [4])
    places = watched_places(labels, seed=7)
    # Class 3 has no image and class 4 only one: the others share what is left.
    assert np.bincount(labels[places]).tolist() == [4, 3, 4, 0, 1]
    assert len(set(places)) == 12
    assert labels[places].tolist() == sorted(labels[places])
    assert places.tolist() == watched_places(labels, seed=7).tolist()
    assert places.tolist() != watched_places(labels, seed=8).tolist()


@pytest.mark.parametrize("count", [0, 1, 5])
def test_of_few_images_all_are_watched(count) -> None:
    labels = np.arange(count)[::-1] % 2
    assert sorted(watched_places(labels, seed=0)) == list(range(count))


def test_of_a_thousand_classes_a_dozen_is_watched() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(1000), 5))
    chosen = labels[watched_places(labels, seed=0)]
    assert len(set(chosen)) == 12
    assert chosen.max() > 500, "not the first dozen"


def test_batches_add_up_to_what_the_whole_split_says() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 5, 103)
    predicted, probability = random.integers(0, 5, 103), random.random(103)
    watched = watched_places(labels, seed=3)
    tally = ValidationTally(labels, 6, watched)
    for start in range(0, 103, 16):
        tally.add(predicted[start : start + 16], probability[start : start + 16])
    found = tally.answers()
    right = labels[predicted == labels]
    assert found.correct.tolist() == np.bincount(right, minlength=6).tolist()
    assert found.predicted.tolist() == predicted[watched].tolist()
    assert found.probability.tolist() == probability[watched].tolist()


def test_packed_answers_come_back() -> None:
    found = ValidationAnswers(
        np.array([0, 70_000, 3]), np.array([2, 0, 65_535]), np.array([0.0, 0.123456, 1.0000001])
    )
    packed = found.pack()
    assert [len(part) for part in packed.values()] == [12, 6, 6]
    again = ValidationAnswers.unpack(**packed)
    assert again.correct.tolist() == [0, 70_000, 3]
    assert again.predicted.tolist() == [2, 0, 65_535]
    np.testing.assert_allclose(again.probability, [0, 0.123456, 1], atol=1 / 131_070)
