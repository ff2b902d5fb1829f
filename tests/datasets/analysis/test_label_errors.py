import numpy as np
import pytest

from datasets.analysis.directions import directions
from datasets.analysis.label_errors import (
    DIMENSIONS,
    confident_disagreements,
    find_label_errors,
)
from datasets.analysis.principal_components import principal_components
from tests.datasets.analysis.features import WEIGHTS, features
from tests.datasets.analysis.planting import ANIMALS, files_in


def clusters(per_class: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), per_class)
    centres = random.normal(size=(classes, 16)) * 3
    return (centres[labels] + random.normal(size=(len(labels), 16))).astype(np.float32), labels


def components(embeddings: np.ndarray) -> np.ndarray:
    return principal_components(lambda: [directions(embeddings)], DIMENSIONS)


@pytest.mark.shared_data
@pytest.mark.skipif(WEIGHTS is None or not ANIMALS.exists(), reason="../shared/data is missing")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_60_planted_errors_among_600_photographs_are_found(seed):
    embeddings = features(ANIMALS, "validation/")
    classes = [name.split("/")[1] for name, _ in files_in(ANIMALS, "validation/")]
    labels = np.unique(classes, return_inverse=True)[1]
    random = np.random.default_rng(seed)
    planted = random.choice(600, 60, replace=False)
    given = labels.copy()
    given[planted] = (given[planted] + random.integers(1, 3, 60)) % 3
    found = find_label_errors(components(embeddings), given, np.arange(600))
    first = found.indices[:100]
    right = np.isin(planted, first)
    assert right.mean() >= 0.8
    position = {int(index): place for place, index in enumerate(found.indices)}
    suggested = [found.suggested[position[int(index)]] for index in planted[right]]
    assert (np.array(suggested) == labels[planted[right]]).mean() >= 0.95


def test_planted_errors_are_first_and_right():
    embeddings, labels = clusters(60)
    given = labels.copy()
    given[[3, 70, 150]] = [1, 2, 0]
    found = find_label_errors(embeddings, given, np.arange(180))
    assert set(found.indices[:3].tolist()) == {3, 70, 150}
    for index, suggested in zip(found.indices[:3], found.suggested[:3], strict=True):
        assert suggested == labels[index]
    assert (np.diff(found.scores) <= 0).all()
    assert (found.scores > 0).all()
    assert found.accuracy > 0.9


def test_copies_of_a_wrong_label_do_not_vouch_for_it_when_grouped():
    embeddings, labels = clusters(60)
    copied = np.concatenate([embeddings, np.repeat(embeddings[:1], 8, axis=0)])
    given = np.concatenate([labels, np.full(8, 2)])
    given[0] = 2
    groups = np.arange(188)
    groups[180:] = 0
    found = find_label_errors(copied, given, groups)
    assert set(range(180, 188)) <= set(found.indices.tolist())


def test_clean_labels_give_no_or_few_suggestions():
    embeddings, labels = clusters(100)
    assert len(find_label_errors(embeddings, labels, np.arange(300)).indices) <= 3


def test_images_without_a_class_and_classes_too_small_are_left_out():
    embeddings, labels = clusters(40)
    labels[:5] = -1
    labels[40:43] = 7
    found = find_label_errors(embeddings, labels, np.arange(120))
    assert found.unchecked_classes == [7]
    assert not set(found.indices.tolist()) & {0, 1, 2, 3, 4, 40, 41, 42}


@pytest.mark.parametrize("labels", [[-1] * 20, [0] * 20, []])
def test_without_two_classes_there_is_nothing_to_check(labels):
    embeddings = np.ones((len(labels), 4), np.float32)
    found = find_label_errors(embeddings, np.array(labels, int), np.arange(len(labels)))
    assert len(found.indices) == 0


def test_the_number_taken_is_that_of_the_calibrated_confident_joint():
    """By hand: thresholds 0.7 and 0.8; the third of class 0 counts for class 1, nothing else."""
    first = np.array([0.9, 0.9, 0.1, 0.9, 0.2, 0.2, 0.2, 0.2], np.float32)
    probabilities = np.stack([first, 1 - first], axis=1)
    found, suggested, scores = confident_disagreements(probabilities, np.repeat([0, 1], 4))
    assert found.tolist() == [2]
    assert suggested.tolist() == [1]
    assert scores == pytest.approx([0.8])


def test_the_same_arguments_give_the_same_suggestions():
    embeddings, labels = clusters(50)
    labels[::9] = (labels[::9] + 1) % 3
    first, second = (find_label_errors(embeddings, labels, np.arange(150)) for _ in range(2))
    assert first.indices.tolist() == second.indices.tolist()


def test_answers_that_are_right_more_often_judge_in_the_classifiers_place():
    embeddings, labels = clusters(60)
    noise = np.random.default_rng(1).normal(size=embeddings.shape).astype(np.float32)
    given = labels.copy()
    given[[3, 70, 150]] = [1, 2, 0]
    heard = np.full((180, 3), np.nan, np.float32)
    heard[:170] = np.where(np.eye(3)[labels[:170]] > 0, 0.9, 0.05)
    # By noise alone the check's own classifier knows nothing.
    found = find_label_errors(noise, given, np.arange(180), heard=heard)
    assert found.heard == 170
    assert {3, 70, 150} <= set(found.indices.tolist())
    assert found.accuracy > 0.9
    wrong = np.roll(heard, 1, axis=1)
    untouched = find_label_errors(embeddings, given, np.arange(180), heard=wrong)
    plain = find_label_errors(embeddings, given, np.arange(180))
    assert untouched.heard == 0
    assert untouched.indices.tolist() == plain.indices.tolist()
