"""How differently subgroups are treated, against numbers worked out by hand."""

import numpy as np
import pytest

from classifier.engine.measure.evaluation import evaluate
from classifier.engine.measure.gaps import gaps_of

NAMES = ["cat", "dog"]


def test_gaps_by_hand():
    site = np.repeat(["north", "south", "tiny"], (80, 80, 5)).tolist()
    truth = np.array([0] * 40 + [1] * 40 + [0] * 40 + [1] * 40 + [0] * 5)
    predicted = truth.copy()
    predicted[:10] = 1  # in the north ten of 40 cats are taken for dogs
    predicted[120:124] = 0  # in the south four of 40 dogs for cats
    (found,) = gaps_of(predicted, truth, NAMES, {"site": site})
    assert found.left_out == ("tiny",)
    # Cats: north 30 of 80, south 44 of 80.
    parity = found.demographic_parity
    assert (parity.value, parity.low, parity.high) == (pytest.approx(14 / 80), "north", "south")
    equal = found.equal_opportunity
    assert (equal.class_name, equal.value) == ("cat", pytest.approx(10 / 40))
    assert (equal.low, equal.high) == ("north", "south")
    assert found.equalised_odds.value == pytest.approx(10 / 40)


def test_too_few_images_say_nothing():
    site = ["north"] * 40 + ["south"] * 29
    truth = np.zeros(69, np.int64)
    (found,) = gaps_of(truth, truth, NAMES, {"site": site})
    assert (found.demographic_parity, found.equal_opportunity, found.equalised_odds) == (
        None, None, None,
    )  # fmt: skip
    # Forty images each, but of the class only ten in the south.
    truth = np.array([0] * 40 + [0] * 10 + [1] * 30)
    (found,) = gaps_of(truth, truth, NAMES, {"site": ["north"] * 40 + ["south"] * 40})
    assert found.demographic_parity is not None
    assert found.equal_opportunity is None


def test_facts_of_images_are_subgroups_without_gaps():
    truth, format_ = np.array([0, 1] * 40), ["PNG", "JPEG"] * 40
    columns = {"image: format": ["mine"] * 40 + ["yours"] * 40}
    facts = {"image: format, measured": format_, "image: brightness, %": ["up to 5"] * 80}
    report = evaluate(np.eye(2)[truth], truth, NAMES, columns=columns, facts=facts)
    assert [(column, len(rows)) for column, rows in report.slices_by_column] == [
        ("image: format", 2),
        ("image: format, measured", 2),
        ("image: brightness, %", 1),
    ]
    assert [each.column for each in report.gaps] == ["image: format"]
