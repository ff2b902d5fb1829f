"""The tests of drift against sums by hand, SciPy, and chance itself."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import betainc, betaln
from scipy.stats import energy_distance

from classifier.engine.measure.drift_judgement import holm, judged, level_of_look
from classifier.engine.measure.figure_bins import CONFIDENCE_EDGES, quantile
from classifier.engine.measure.kept_promise import KeptPromise, log_evidence
from classifier.engine.measure.stability import (
    OTHERS,
    binned,
    class_counts,
    confidence_edges,
    stability,
)
from classifier.engine.measure.two_sample import distances, two_sample


def test_distances_are_those_of_scipy():
    vectors = np.random.default_rng(0).normal(size=(40, 7)).astype(np.float32)
    assert distances(vectors) == pytest.approx(cdist(vectors, vectors), abs=1e-6)


def test_the_energy_distance_by_hand():
    # Twice the mean of 3, 5, 2, 4 between them, less 1 and 2 within.
    found = two_sample(np.array([[0.0], [1.0]]), np.array([[3.0], [5.0]]), seed=0, permutations=9)
    assert found.score == pytest.approx(2 * 3.5 - 1 - 2)


def test_the_energy_distance_of_many_numbers_is_that_of_scipy():
    random = np.random.default_rng(1)
    one, other = random.normal(size=(400, 1)), random.normal(0.7, 1.5, size=(500, 1))
    found = two_sample(one, other, seed=0, permutations=99)
    # SciPy's is the root, of samples that count each pair of an image with itself.
    assert found.score == pytest.approx(energy_distance(one[:, 0], other[:, 0]) ** 2, abs=0.01)
    assert found.p_value == pytest.approx(1 / 100)


def test_as_many_alarms_over_nothing_as_the_level_says():
    random = np.random.default_rng(2)
    p_values = [
        two_sample(random.normal(size=(20, 3)), random.normal(size=(30, 3)), seed, 99).p_value
        for seed in range(300)
    ]
    for level in (0.05, 0.2, 0.5):
        expected = 300 * level
        assert abs(sum(p <= level for p in p_values) - expected) < 4 * expected**0.5


def test_what_moved_most_is_furthest_from_the_reference():
    random = np.random.default_rng(3)
    window = random.normal(size=(50, 4))
    window[7] += 30
    found = two_sample(window, random.normal(size=(80, 4)), seed=0, permutations=9)
    assert found.moved.argmax() == 7


def test_the_stability_index_by_hand():
    one, other = np.array([10, 30]), np.array([20, 20])
    p, q = np.array([10.5, 30.5]) / 41, np.array([20.5, 20.5]) / 41
    assert stability(one, other, 0, 9).score == pytest.approx(((p - q) * np.log(p / q)).sum())


def test_the_usual_index_follows_the_number_of_images():
    few = stability(np.full(10, 5), np.full(10, 10), 0)
    many = stability(np.full(10, 500), np.full(10, 1000), 0)
    # (1/n + 1/m) times the 95 % point of a chi-square of 9 degrees of freedom, 16.92.
    assert many.usual == pytest.approx(16.92 * (1 / 5_000 + 1 / 10_000), rel=0.05)
    # A change that the usual 0.2 would call great is nothing for 50 images.
    assert few.usual > 0.2 > 10 * many.usual
    assert (few.score, few.p_value) == (0, 1)


def test_as_many_alarms_over_nothing_of_the_index():
    random = np.random.default_rng(4)
    shares = random.dirichlet(np.ones(6))
    p_values = [
        stability(random.multinomial(60, shares), random.multinomial(200, shares), seed, 199)
        for seed in range(300)
    ]
    alarms = sum(each.p_value <= 0.05 for each in p_values)
    assert alarms <= 15 + 4 * 15**0.5


def test_bins_of_confidence_are_filled_evenly():
    values = np.linspace(0, 1, 1_000)
    edges = confidence_edges(values)
    assert len(edges) == 9
    assert binned(values, edges).tolist() == pytest.approx([100] * 10, abs=1)
    # Where all are as sure there is one bin, and nothing to compare.
    assert confidence_edges(np.ones(50)) == []
    assert binned(np.array([0.2, 1.0]), []).tolist() == [2]
    alone = stability(np.array([2]), np.array([50]), 0, 9)
    assert (alone.score, alone.p_value) == (0, 1)


def test_rare_classes_count_as_one():
    found = {f"c{number:02}": 40 - number for number in range(30)}
    names, one, other = class_counts(found, {"new": 100})
    assert (names[0], names[-1], len(names)) == ("new", OTHERS, 21)
    assert (one.sum(), other.sum()) == (sum(found.values()), 100)
    assert (one[0], other[0]) == (0, 100)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]


def test_a_month_of_looks_shares_one_chance():
    assert level_of_look(30) == pytest.approx(0.05 / 30)
    assert level_of_look(0) == level_of_look(1) == 0.05
    said = [judged(p_value, level_of_look(30)) for p_value in (0.001, 0.01, 0.06)]
    assert said == ["drift", "watch", "quiet"]


@pytest.mark.parametrize(
    ("promised", "right", "wrong"), [(0.95, 0, 0), (0.95, 10, 1), (0.9, 160, 40), (0.99, 0, 5)]
)
def test_the_evidence_is_the_incomplete_beta_function(promised, right, wrong):
    expected = (
        np.log(betainc(right + 1, wrong + 1, promised))
        + betaln(right + 1, wrong + 1)
        - np.log(promised)
        - right * np.log(promised)
        - wrong * np.log1p(-promised)
    )
    assert log_evidence(promised, right, wrong) == pytest.approx(expected, abs=1e-6)


def test_a_kept_promise_is_seldom_withdrawn_however_often_one_looks():
    random = np.random.default_rng(5)
    broken = 0
    for _ in range(100):
        right = wrong = 0
        for correct in random.random(150) < 0.9:
            right, wrong = right + int(correct), wrong + int(not correct)
            if KeptPromise(promised=0.9, right=right, wrong=wrong).broken:
                broken += 1
                break
    # 5 of 100 are allowed.
    assert broken <= 5 + 2 * 5**0.5


def test_a_broken_promise_is_found():
    # Three in four right where nine in ten were promised.
    assert not KeptPromise(promised=0.9, right=15, wrong=5).broken
    assert KeptPromise(promised=0.9, right=60, wrong=20).broken
    assert KeptPromise(promised=0.9, right=0, wrong=0).evidence == pytest.approx(1)


def test_quantiles_of_what_was_counted():
    edges = (10.0, 20.0, 40.0)
    assert quantile([0, 0, 0, 0], edges, 0.5) is None
    assert quantile([0, 4, 4, 0], edges, 0.5) == 20.0
    assert quantile([0, 4, 4, 0], edges, 0.75) == 30.0
    assert quantile([4, 0, 0, 0], edges, 0.5) == 5.0
    # The last bin has no end.
    assert quantile([0, 0, 0, 9], edges, 0.5) == 40.0
    assert list(CONFIDENCE_EDGES) == sorted(CONFIDENCE_EDGES)
