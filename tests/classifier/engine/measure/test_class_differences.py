"""How two models' figures differ by class, with intervals that pair their answers."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from classifier.engine.measure.class_differences import accuracy_difference, class_differences

NAMES = ["cat", "dog", "owl"]


def _answers(seed: int, right: float, truth):
    random = np.random.default_rng(seed)
    wrong = random.integers(0, 3, len(truth))
    return np.where(random.random(len(truth)) < right, truth, wrong)


def test_figures_are_those_of_the_reports() -> None:
    truth = np.repeat([0, 1, 2], [200, 60, 12])
    this, other = _answers(1, 0.9, truth), _answers(2, 0.5, truth)
    rows = class_differences(truth, this, other, NAMES, range(3))
    assert [(row.class_name, row.support) for row in rows] == [
        ("cat", 200),
        ("dog", 60),
        ("owl", 12),
    ]
    for side, said in (("this", this), ("other", other)):
        expected = precision_recall_fscore_support(truth, said, labels=[0, 1, 2], zero_division=0.0)
        for place, row in enumerate(rows):
            found = getattr(row, side)
            assert [found.precision, found.recall, found.f1] == pytest.approx(
                [values[place] for values in expected[:3]]
            )
    cat = rows[0]
    assert cat.recall.value == pytest.approx(cat.this.recall - cat.other.recall)
    assert not cat.recall.by_chance
    for row in rows:
        for each in row.differences:
            assert each.interval[0] <= each.value <= each.interval[1]
    width = [row.recall.interval[1] - row.recall.interval[0] for row in rows]
    assert width[0] < width[1] < width[2], "fewer images say less"


def test_pairs_say_more_than_two_samples() -> None:
    """Of 400 images the one model gets 12 more right and loses none."""
    truth = np.arange(400) % 2
    other = np.where(np.arange(400) % 10 < 3, 1 - truth, truth)
    this = other.copy()
    gained = np.flatnonzero(other != truth)[:12]
    this[gained] = truth[gained]
    difference = accuracy_difference(truth, this, other)
    assert difference.value == pytest.approx(0.03)
    assert not difference.by_chance
    assert difference.interval == pytest.approx((0.016, 0.052), abs=0.006)


def test_equal_answers_do_not_differ() -> None:
    truth = np.array([0, 0, 1])
    rows = class_differences(truth, truth, truth, NAMES, range(3))
    assert accuracy_difference(truth, truth, truth).by_chance
    for row in rows:
        assert all(each.value == 0 and each.by_chance for each in row.differences)
        assert row.recall.interval[1] - row.recall.interval[0] > 0.1, "three images say little"
    assert (rows[2].support, rows[2].this.f1) == (0, 0.0)


def test_newcombes_own_example() -> None:
    """R. G. Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", 1998, table II, method 10: a 36, b 12, c 2, d 0.
    """
    truth = np.zeros(50, np.int64)
    this = np.array([0] * 36 + [0] * 12 + [1] * 2)
    other = np.array([0] * 36 + [1] * 12 + [0] * 2)
    found = accuracy_difference(truth, this, other)
    assert found.value == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0569, 0.3404), abs=0.0005)
