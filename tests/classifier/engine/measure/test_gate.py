"""The rules that let a version go live, and McNemar's test against counted values."""

import pytest

from classifier.engine.measure.gate import GateFacts, Measured, judge
from classifier.engine.measure.mcnemar import Comparison, compare, mcnemar


def measured(accuracy: float, images: int = 100, share: float = 0.5) -> Measured:
    return Measured(images=images, accuracy=accuracy, largest_class="cat", largest_share=share)


@pytest.mark.parametrize(
    ("facts", "passed"),
    [
        (measured(0.97), True),
        (measured(0.60), True),  # 0.502 to 0.691
        (measured(0.59), False),  # 0.492 to 0.681
        (measured(0.90, share=0.9), False),
        (measured(1.0, images=18, share=1 / 3), True),
        (measured(1.0, images=3), False),
        (measured(1.0, share=1.0), False),
    ],
)
def test_the_lower_bound_must_be_above_the_largest_class(facts, passed):
    result = judge(GateFacts(measured=facts))
    assert result.passed == passed
    rule = result.rules[0]
    assert (rule.rule, rule.passed) == ("better_than_guessing", passed)
    assert bool(result.reason) != passed
    assert "cat" in rule.detail


def test_the_sentence_has_the_figures():
    assert judge(GateFacts(measured=measured(0.4, images=30))).reason == (
        "It is not shown to be better than guessing: right on 40.0 % of 30 test images, which "
        "makes 25 to 58 % likely; always answering “cat” would be right on 50.0 %."
    )


def test_without_a_report_nothing_passes():
    result = judge(GateFacts(measured=None, why_not_measured="There is no test split."))
    assert not result.passed
    assert result.reason == "There is no test split."


def test_a_version_that_is_significantly_worse_than_the_live_one_is_refused():
    def against(only_this: int, only_other: int):
        found = Comparison(only_this, only_other, mcnemar(only_this, only_other))
        return judge(GateFacts(measured=measured(0.9), live="version 1", comparison=found))

    assert not against(1, 9).passed  # p = 0.021
    assert against(2, 8).passed  # p = 0.109: may be chance
    assert against(9, 1).passed, "it is better"
    assert "only version 1 on 9" in against(1, 9).reason


def test_a_live_version_that_was_not_measured_on_the_images_is_no_free_pass():
    facts = {"measured": measured(0.9), "live": "version 1", "why_not_compared": "Measure it."}
    assert judge(GateFacts(**facts)).reason == "Measure it."
    # It does not know a class, so no measuring would help: not compared, and said.
    result = judge(GateFacts(**facts, comparable=False))
    assert result.passed
    assert (result.rules[1].passed, result.rules[1].detail) == (None, "Measure it.")


@pytest.mark.parametrize(
    ("only_this", "only_other", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (6, 0, 0.03125), (1, 9, 0.021484375), (10, 10, 1.0)],
)
def test_mcnemar_is_counted_out(only_this, only_other, p_value):
    assert mcnemar(only_this, only_other) == pytest.approx(p_value, abs=1e-12)
    assert mcnemar(only_other, only_this) == pytest.approx(p_value, abs=1e-12)


def test_mcnemar_of_many_is_as_good_as_counted():
    from scipy.stats import binomtest

    for low in (900, 950, 990):
        assert mcnemar(low, 1010) == pytest.approx(
            binomtest(low, low + 1010).pvalue, rel=0.02, abs=1e-6
        )


def test_answers_are_compared_image_by_image():
    found = compare(bytes([0b11110000, 0b10000000]), bytes([0b11001100, 0b10000000]))
    assert (found.only_this, found.only_other) == (2, 2)
    with pytest.raises(ValueError, match="same images"):
        compare(b"\x00", b"\x00\x00")
