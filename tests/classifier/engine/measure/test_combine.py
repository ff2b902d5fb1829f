"""One answer from several images of one thing."""

import numpy as np
import pytest

from classifier.engine.measure.combine import LEAST, combined, combined_decision
from classifier.engine.measure.decision import ACCEPT, REVIEW, UNKNOWN


@pytest.mark.parametrize("images", [1, 2, 5])
def test_it_is_the_scaled_geometric_mean_whatever_the_order(images):
    rows = np.random.default_rng(images).dirichlet(np.ones(4), images)
    found = combined(rows)
    assert found.sum() == pytest.approx(1)
    by_hand = np.prod(rows, axis=0) ** (1 / len(rows))
    np.testing.assert_allclose(found, by_hand / by_hand.sum(), rtol=1e-6)
    np.testing.assert_allclose(combined(rows[::-1]), found, rtol=1e-9)
    # Copies of an image say no more than the image.
    np.testing.assert_allclose(combined(np.repeat(rows, 3, axis=0)), found, rtol=1e-6)


def test_one_image_is_answered_as_it_is_and_none_rules_a_class_out():
    one = np.array([[0.7, 0.3, 0.0]])
    assert combined(one).tolist() == one[0].tolist()
    torn = combined(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))
    assert torn[1] == pytest.approx(1 / (1 + (LEAST / 2) ** (1 / 3)), abs=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1_000, 10_000])
@pytest.mark.parametrize("sure", [0.999999, 0.95, 0.5])
def test_copies_change_nothing_however_many_classes_there_are(classes, sure):
    one = np.full(classes, (1 - sure) / (classes - 1))
    one[0] = sure
    for copies in (2, 5):
        np.testing.assert_allclose(combined(np.stack([one] * copies)), one, atol=2e-4)
    # All of the rest on one other class, and none on the others.
    peaked = np.zeros(classes)
    peaked[:2] = sure, 1 - sure
    np.testing.assert_allclose(combined(np.stack([peaked] * 3)), peaked, atol=2e-4)


SURE, UNSURE, OTHER = [0.96, 0.04], [0.7, 0.3], [0.05, 0.95]


@pytest.mark.parametrize(
    ("rows", "verdicts", "expected"),
    [
        ([SURE], [ACCEPT], ACCEPT),
        ([UNSURE], [REVIEW], REVIEW),
        ([SURE], [UNKNOWN], UNKNOWN),
        ([UNSURE, SURE, SURE], [REVIEW, ACCEPT, ACCEPT], ACCEPT),
        ([UNSURE, UNSURE], [REVIEW, REVIEW], REVIEW),
        # What one of them is accepted as is not overruled by the others.
        ([SURE, SURE, SURE, OTHER], [ACCEPT, ACCEPT, ACCEPT, ACCEPT], REVIEW),
        ([SURE, SURE], [ACCEPT, UNKNOWN], REVIEW),
        ([SURE, SURE], [UNKNOWN, UNKNOWN], UNKNOWN),
        ([SURE, SURE], [ACCEPT, None], None),
    ],
)
def test_a_thing_is_accepted_where_no_image_speaks_against_it(rows, verdicts, expected):
    rows = np.array(rows)
    assert combined_decision(combined(rows), rows, verdicts, (0.9, 0.9)) == expected
    never = combined_decision(combined(rows), rows, verdicts, (None, None))
    assert never == (REVIEW if expected == ACCEPT else expected)
