"""The orders of review: uncertainty by the margin, diversity by greedy k-center."""

import numpy as np
import pytest

from classifier.engine.measure.k_center import greedy_k_center
from classifier.engine.measure.uncertainty import uncertainty_of_answer, uncertainty_of_margins


def test_uncertainty_is_one_for_a_toss_up_and_falls_with_the_margin():
    assert uncertainty_of_margins([0.0, 1.0, 1e6]).tolist() == [
        1.0,
        pytest.approx(2 / (1 + np.e)),
        pytest.approx(0),
    ]
    assert uncertainty_of_margins([2.0], temperature=2.0)[0] == pytest.approx(2 / (1 + np.e))


def test_the_top_of_an_answer_tells_as_much_as_all_of_it():
    logits = np.array([2.0, 1.0, 0.5, -1.0])
    whole = np.exp(logits) / np.exp(logits).sum()
    assert uncertainty_of_answer(whole.tolist()) == pytest.approx(
        uncertainty_of_answer(whole[:2].tolist())
    )
    assert uncertainty_of_answer(whole.tolist()) == pytest.approx(uncertainty_of_margins(1.0))
    assert uncertainty_of_answer([]) == uncertainty_of_answer([0.5]) == 1.0
    # At most as much as the first may be left for a second.
    assert uncertainty_of_answer([0.9]) == pytest.approx(uncertainty_of_answer([0.9, 0.1]))
    assert uncertainty_of_answer([1.0, 0.0]) < 1e-9


def test_each_choice_is_the_farthest_from_all_before():
    points = np.array([[0, 0], [0, 1], [10, 0], [0, 20], [10, 1]], np.float32)
    assert greedy_k_center(points, 3).tolist() == [0, 3, 4]
    assert greedy_k_center(points, 9, first=2).tolist()[0] == 2
    known = np.array([[0, 20], [0, 0]], np.float32)
    # What is known is chosen no more, and the order ends where nothing differs.
    assert greedy_k_center(points, 9, known=known).tolist() == [4, 1, 2]
    assert greedy_k_center(points[:0], 3).tolist() == []
    assert greedy_k_center(np.zeros((5, 2), np.float32), 5).tolist() == [0]


def test_no_choice_of_as_many_covers_twice_as_well():
    """Gonzalez's bound, against every choice of three of twelve points."""
    from itertools import combinations

    points = np.random.default_rng(5).normal(size=(12, 3)).astype(np.float32)

    def radius(chosen) -> float:
        away = np.linalg.norm(points[:, None] - points[None, list(chosen)], axis=2)
        return float(away.min(axis=1).max())

    best = min(radius(each) for each in combinations(range(12), 3))
    assert radius(greedy_k_center(points, 3)) <= 2 * best + 1e-5
