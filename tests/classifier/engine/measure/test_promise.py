"""Promises: exact where they can be counted out, kept on average over many draws."""

import numpy as np
import pytest
from scipy.stats import binom

from classifier.engine.measure.promise import (
    binomial_tail,
    keep_known,
    keep_precision,
    least_of_set,
)


@pytest.mark.parametrize(
    ("most", "total", "rate"), [(0, 45, 0.05), (3, 100, 0.05), (10, 1000, 0.02), (700, 9000, 0.1)]
)
def test_the_tail_is_the_binomials(most, total, rate):
    assert binomial_tail(most, total, rate) == pytest.approx(binom.cdf(most, total, rate), rel=1e-8)
    assert binomial_tail(total, total, rate) == 1.0
    assert (binomial_tail(1, 5, 0.0), binomial_tail(1, 5, 1.0)) == (1.0, 0.0)


def drawn(random, count):
    """Answers whose errors grow as their probability falls; all together 94 % are right."""
    probability = random.beta(6, 1, count)
    return probability, random.random(count) < 0.3 + 0.7 * np.sqrt(probability)


def test_a_promise_is_broken_as_seldom_as_it_says():
    random = np.random.default_rng(3)
    many, right = drawn(random, 400_000)
    order = np.argsort(-many)
    precision_down_to = np.cumsum(right[order]) / np.arange(1, len(many) + 1)
    broken, shares = 0, []
    for _ in range(400):
        found = keep_precision(*drawn(random, 600), 0.95, 0.1)
        if found.threshold is None:
            continue
        taken = int((many >= found.threshold).sum())
        shares.append(taken / len(many))
        broken += precision_down_to[taken - 1] < 0.95
    assert broken <= 0.1 * 400
    assert np.mean(shares) > 0.3
    assert len(shares) > 300


def test_where_all_are_right_all_go_through():
    probability = np.linspace(0.5, 1, 200)
    assert keep_precision(probability, np.ones(200, bool), 0.95, 0.1).threshold == 0.0


def test_the_walk_ends_with_the_last_step_that_passes():
    probability = np.linspace(1, 0.01, 1000)
    # The surest 650 are right, all others wrong.
    found = keep_precision(probability, np.arange(1000) < 650, 0.95, 0.1)
    taken = int((probability >= found.threshold).sum())
    assert 650 / 1.3 < taken < 680
    # An error among the surest hundred is allowed, ten are not.
    for wrong, passes in ((1, True), (10, False)):
        correct = np.arange(1000) < 650
        correct[:wrong] = False
        assert (keep_precision(probability, correct, 0.95, 0.1).threshold is not None) is passes


def test_too_few_images_promise_nothing_and_say_how_many_would():
    found = keep_precision(np.full(58, 0.99), np.ones(58, bool), 0.95, 0.1)
    assert found.threshold is None
    assert found.refusal == "Cannot promise this with 58 images: at least 59 are needed."
    assert keep_precision(np.full(59, 0.99), np.ones(59, bool), 0.95, 0.1).threshold == 0.0
    wrong = keep_precision(np.linspace(0.9, 1, 200), np.arange(200) % 2 == 0, 0.95, 0.1)
    assert "with 200 images: 100 are right" in wrong.refusal
    assert keep_precision(np.empty(0), np.empty(0, bool), 0.95, 0.1).threshold is None


def test_false_alarms_of_unknown_are_at_most_the_rate():
    random = np.random.default_rng(0)
    alarms = []
    for _ in range(300):
        threshold = keep_known(random.exponential(size=39), 0.05).threshold
        alarms.append(np.exp(-threshold))
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.006)
    assert keep_known(np.ones(18), 0.05).refusal == (
        "Cannot promise this with 18 images: at least 19 are needed."
    )
    assert keep_known(np.arange(19.0), 0.05).threshold == 18


def test_answer_sets_cover_as_often_as_asked():
    random = np.random.default_rng(1)
    covered = []
    for _ in range(300):
        least = least_of_set(random.random(49), 0.9)
        covered.append(1 - least)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.01)
    # With nine images a tenth cannot be left out: all classes are in the set.
    assert least_of_set(np.full(8, 0.9), 0.9) == 0.0
    assert least_of_set(np.full(9, 0.9), 0.9) == pytest.approx(0.9)
