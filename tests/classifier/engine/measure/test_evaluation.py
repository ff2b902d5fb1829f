"""Evaluation reports, against numbers worked out by hand and by scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import classification_report, log_loss, top_k_accuracy_score

from classifier.engine.measure.evaluation import evaluate

CAT, DOG, SNAKE = 0, 1, 2
NAMES = ["cat", "dog", "snake"]


def one_hot(indices: list[int], classes: int) -> np.ndarray:
    return np.eye(classes)[indices]


def test_a_small_report_by_hand() -> None:
    truth = [CAT, CAT, CAT, DOG]
    report = evaluate(one_hot([CAT, CAT, DOG, DOG], 3), truth, NAMES)
    assert report.accuracy == 0.75
    assert report.confusion_matrix.class_names == tuple(NAMES)
    assert report.confusion_matrix.counts == ((2, 1, 0), (0, 1, 0), (0, 0, 0))
    cat, dog, snake = report.per_class
    assert (cat.class_name, cat.support, cat.precision) == ("cat", 3, 1.0)
    assert (cat.recall, cat.f1) == (pytest.approx(2 / 3), pytest.approx(0.8))
    assert (dog.precision, dog.recall, dog.support) == (0.5, 1.0, 1)
    assert (snake.precision, snake.recall, snake.f1, snake.support) == (0, 0, 0, 0)
    # The split has no snake: it takes no part in the means.
    assert report.macro.recall == pytest.approx((2 / 3 + 1) / 2)
    assert report.weighted.precision == pytest.approx((3 * 1.0 + 0.5) / 4)
    assert report.top5_accuracy == 1.0
    assert report.sample_count == 4


def test_a_large_report_equals_scikit_learn() -> None:
    random = np.random.default_rng(0)
    names = [f"class {number}" for number in range(12)]
    truth = random.integers(0, 12, 500)
    scores = random.dirichlet(np.ones(12), 500) + np.eye(12)[truth] * 0.2
    scores /= scores.sum(axis=1, keepdims=True)
    report = evaluate(scores.astype(np.float32), truth, names)
    expected = classification_report(
        truth, scores.argmax(axis=1), target_names=names, output_dict=True
    )
    assert report.accuracy == pytest.approx(expected["accuracy"])
    for ours, theirs in (("macro", "macro avg"), ("weighted", "weighted avg")):
        assert getattr(report, ours).f1 == pytest.approx(expected[theirs]["f1-score"])
        assert getattr(report, ours).precision == pytest.approx(expected[theirs]["precision"])
    assert report.log_loss == pytest.approx(log_loss(truth, scores), rel=1e-5)
    assert report.top5_accuracy == pytest.approx(top_k_accuracy_score(truth, scores, k=5))


def test_a_certain_mistake_costs_much_but_not_everything() -> None:
    report = evaluate(one_hot([DOG], 2), [CAT], ["cat", "dog"])
    assert report.log_loss == pytest.approx(-np.log(np.finfo(np.float32).eps))


@pytest.mark.parametrize(
    ("probabilities", "truth"),
    [(np.ones((0, 3)), []), (np.ones((2, 2)), [0, 1]), (np.ones((2, 3)), [0, 3])],
)
def test_shapes_that_do_not_fit_are_refused(probabilities, truth) -> None:
    with pytest.raises(ValueError, match="must be"):
        evaluate(probabilities, truth, NAMES)
