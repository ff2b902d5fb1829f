"""Two models' right answers side by side: counts, McNemar's test, groups corrected by Holm."""

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

from classifier.engine.measure.paired import Paired, by_group, corrected, holm
from classifier.engine.measure.paired_words import sentence


def test_the_counts_and_the_test_are_those_of_the_table():
    random = np.random.default_rng(3)
    this, other = (random.random(400) < share for share in (0.8, 0.7))
    found = Paired.of(this, other)
    assert found.images == 400
    assert (found.both + found.only_this, found.both + found.only_other) == (
        this.sum(), other.sum(),
    )  # fmt: skip
    b, c = found.only_this, found.only_other
    assert found.p_value == pytest.approx(binomtest(b, b + c).pvalue)
    assert found.statistic == pytest.approx((abs(b - c) - 1) ** 2 / (b + c))
    assert found.method == "exact"
    large = Paired(both=0, only_this=700, only_other=620, neither=0)
    assert (large.method, large.statistic) == ("chi_squared", pytest.approx(79**2 / 1320))
    assert large.p_value == pytest.approx(chi2.sf(large.statistic, 1))
    even = Paired(both=5, only_this=2, only_other=2, neither=1)
    assert (even.statistic, even.p_value) == (0.0, 1.0)


def test_holm_gives_what_r_gives():
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_groups_without_images_are_left_out_and_the_others_corrected():
    groups = np.array([0] * 12 + [2] * 12)
    this = np.array([True] * 12 + [True, False] * 6)
    other = np.array([False] * 12 + [True, False] * 6)
    first, second = corrected(by_group(this, other, groups, ["a", "b", "c"]))
    assert (first.name, first.only_this, first.only_other, first.both) == ("a", 12, 0, 0)
    assert first.corrected == pytest.approx(2 * first.p_value)
    assert first.more_than_chance
    assert (second.name, second.both, second.neither, second.corrected) == ("c", 6, 6, 1.0)
    assert not second.more_than_chance


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            (80, 14, 5, 1),
            "Version 3 gets 14 images right that version 2 gets wrong, and 5 the other way. "
            "Between equally good models chance alone does this in 6 of 100 comparisons: "
            "it may be chance.",
        ),
        (
            (0, 1, 30, 0),
            "Version 3 gets 1 image right that version 2 gets wrong, and 30 the other way. "
            "Between equally good models chance alone does this in fewer than 1 of 10,000 "
            "comparisons.",
        ),
        ((1, 0, 0, 4), "Version 3 and version 2 get the same 1 image right."),
        ((0, 0, 0, 4), "Version 3 and version 2 get none of the images right."),
    ],
)
def test_the_counts_in_words(counts, said):
    both, only_this, only_other, neither = counts
    found = Paired(both=both, only_this=only_this, only_other=only_other, neither=neither)
    assert sentence(found, "Version 3", "version 2") == said
