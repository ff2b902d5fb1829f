"""Accuracy by subgroup, and how sure one can be of it."""

import numpy as np
import pytest

from classifier.engine.measure.intervals import wilson
from classifier.engine.measure.slices import evaluate_slices


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(correct, total, low, high):
    assert wilson(correct, total) == pytest.approx((low, high), abs=5e-5)


def test_a_subgroup_is_compared_with_all():
    truth = np.array([0] * 50 + [1] * 50 + [0] * 4)
    predicted = truth.copy()
    predicted[40:60] = 1 - predicted[40:60]
    camera = ["old"] * 30 + ["new"] * 70 + ["odd"] * 4
    site = ["north"] * 60 + ["south"] * 44
    rows = evaluate_slices(np.eye(2)[predicted], truth, {"camera": camera, "site": site})
    assert [(row.column, row.value, row.support, row.accuracy) for row in rows] == [
        ("camera", "new", 70, pytest.approx(50 / 70)),
        ("camera", "odd", 4, 1.0),
        ("camera", "old", 30, 1.0),
        ("site", "north", 60, pytest.approx(40 / 60)),
        ("site", "south", 44, 1.0),
    ]
    new, odd, old, north, _ = rows
    overall = 84 / 104
    assert new.gap == pytest.approx(50 / 70 - overall)
    assert [north.below, old.below, odd.below] == [True, False, False]
    assert [row.too_few for row in (new, odd, old)] == [False, True, False]
    # Class 0: 10 of 20 found, 10 of 20 answers right; class 1: 40 of 50 and 40 of 50.
    assert new.macro_f1 == pytest.approx((0.5 + 0.8) / 2)
    assert odd.macro_f1 == 1.0, "over the one class that it has images of"


def test_without_columns_there_are_no_slices():
    assert evaluate_slices(np.eye(2), [0, 1], {}) == ()
