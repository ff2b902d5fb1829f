"""The rules that let a version go live, a model's own too, and McNemar's test."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.engine.errors import Unreadable
from classifier.engine.measure.evaluation import evaluate
from classifier.engine.measure.gate import GateFacts, judge
from classifier.engine.measure.gate_minimum import Minimum
from classifier.engine.measure.gate_rules import (
    NotWorse,
    Parity,
    Unknown,
    rule_as_json,
    rules_from_json,
)
from classifier.engine.measure.gate_slices import SliceRule
from classifier.engine.measure.mcnemar import Comparison, compare, mcnemar
from classifier.engine.measure.report import Report


def measured(accuracy: float, images: int = 100, share: float = 0.5, columns=None) -> Report:
    """A report of images of which the largest class, cat, has this share; the first are right."""
    truth = np.arange(images) >= round(images * share)
    said = truth ^ (np.arange(images) >= round(images * accuracy))
    names = ["cat", "dog", "eel"]
    probabilities = np.eye(len(names))[said.astype(int)]
    return evaluate(probabilities, truth.astype(int), names, columns=columns)


@pytest.mark.parametrize(
    ("facts", "passed"),
    [
        (measured(0.97), True),
        (measured(0.60), True),  # 0.502 to 0.691
        (measured(0.59), False),  # 0.492 to 0.681
        (measured(0.90, share=0.9), False),
        (measured(1.0, images=18), True),
        (measured(1.0, images=3), False),
        (measured(1.0, share=1.0), False),
    ],
)
def test_the_lower_bound_must_be_above_the_largest_class(facts, passed):
    result = judge(GateFacts(figures=facts))
    assert result.passed == passed
    rule = result.rules[0]
    assert (rule.rule, rule.passed) == ("better_than_guessing", passed)
    assert bool(result.reason) != passed
    assert "cat" in rule.detail


def test_the_sentence_has_the_figures():
    assert judge(GateFacts(figures=measured(0.4, images=30))).reason == (
        "It is not shown to be better than guessing: right on 40.0 % of 30 test images, which "
        "makes 25 to 58 % likely; always answering “cat” would be right on 50.0 %."
    )


def test_without_a_report_nothing_passes():
    result = judge(GateFacts(figures=None, why_not_measured="There is no test split."))
    assert not result.passed
    assert result.reason == "There is no test split."


def test_a_version_that_is_significantly_worse_than_the_live_one_is_refused():
    def against(only_this: int, only_other: int):
        found = Comparison(only_this, only_other, mcnemar(only_this, only_other))
        return judge(GateFacts(figures=measured(0.9), live="version 1", comparison=found))

    assert not against(1, 9).passed  # p = 0.021
    assert against(2, 8).passed  # p = 0.109: may be chance
    better = against(9, 1)
    assert better.passed
    assert better.rules[1].detail.startswith("It is better than version 1")
    assert "only version 1 on 9" in against(1, 9).reason


def test_a_live_version_that_was_not_measured_on_the_images_is_no_free_pass():
    facts = {"figures": measured(0.9), "live": "version 1", "why_not_compared": "Measure it."}
    assert judge(GateFacts(**facts)).reason == "Measure it."
    # It does not know a class, so no measuring would help: not compared, and said.
    result = judge(GateFacts(**facts, comparable=False))
    assert result.passed
    assert (result.rules[1].passed, result.rules[1].detail) == (None, "Measure it.")


def on_set(figures, **facts):
    return GateFacts(figures=figures, on="the test split of Zoo version 1", report="r", **facts)


def test_a_minimum_says_what_was_measured_and_by_how_much_it_misses():
    rule = Minimum(metric="accuracy", value=0.95)
    found = rule.judge(on_set(measured(0.9)))
    assert (found.rule, found.passed, found.report) == ("minimum", False, "r")
    assert found.short_by == pytest.approx(0.05)
    assert found.detail == (
        "Accuracy is 90.0 % (probably 83 to 94 %) on the test split of Zoo version 1; the gate "
        "asks for at least 95.0 %, 5.0 points more."
    )
    assert rule.judge(on_set(measured(0.95))).passed, "as much as is asked for is enough"
    near = Minimum(metric="accuracy", value=0.90004).judge(on_set(measured(0.9)))
    assert "is 90.000 %" in near.detail
    assert "at least 90.004 %, 0.004 points more" in near.detail, "never 90.0 % against 90.0 %"


def test_a_minimum_of_a_class_and_of_what_a_report_lacks():
    facts = on_set(measured(0.9))
    dog = Minimum(metric="recall", class_name="dog", value=0.85)
    assert dog.judge(facts).detail.startswith("Recall of “dog” is 80.0 % (probably 67 to 89 %) on")
    assert Minimum(metric="precision", class_name="dog", value=1).judge(facts).passed
    for name in ("eel", "yak"):  # no image has it; the version does not know it
        found = Minimum(metric="f1", class_name=name, value=0.1).judge(facts)
        assert (found.passed, found.measured) == (False, None)
        assert "cannot be told" in found.detail
    kappa = Minimum(metric="kappa", value=0.9).judge(facts)
    assert "Kappa is 0.800 on" in kappa.detail
    assert "at least 0.900, 0.100 more" in kappa.detail
    assert Minimum(metric="balanced_accuracy", value=0.9).judge(facts).passed
    old = replace(measured(0.9), balanced_accuracy=None)
    assert "lacks it" in Minimum(metric="balanced_accuracy", value=0.1).judge(on_set(old)).detail


def test_no_subgroup_may_be_worse_by_more_than_the_margin():
    columns = {"camera": ["a"] * 40 + ["b"] * 40 + ["c"] * 20, "few": ["x"] * 100}
    figures = measured(0.6, columns=columns)  # a: 40 of 40, b: 20 of 40, c: 0 of 20
    found = SliceRule(column="camera", margin=0.05).judge(on_set(figures))
    assert (found.passed, found.threshold) == (False, 0.05)
    assert found.short_by == pytest.approx(0.05)
    assert "worst subgroup on the test split of Zoo version 1 is “b”: right on 50.0 %" in (
        found.detail
    )
    assert "10.0 points below all images; the gate allows 5.0 points, 5.0 points less." in (
        found.detail
    )
    assert "Not judged: “c” (20) has fewer than 30 images." in found.detail
    assert SliceRule(column="camera", margin=0.1).judge(on_set(figures)).passed
    few = measured(0.9, images=20, columns={"camera": ["a"] * 10 + ["b"] * 10})
    none = SliceRule(column="camera", margin=0.1).judge(on_set(few))
    assert (none.passed, "cannot be told" in none.detail) == (False, True), "too few are no pass"
    other = SliceRule(column="light", margin=0.1).judge(on_set(figures))
    assert "no subgroups by “light”; it has those by “camera”" in other.detail
    old = replace(figures, slices=None)
    assert "evaluate" in SliceRule(column="camera", margin=0.1).judge(on_set(old)).detail


def test_a_subgroup_may_be_held_against_the_live_version():
    columns = {"camera": ["a"] * 50 + ["b"] * 50}
    this, live = measured(0.8, columns=columns), measured(0.9, columns=columns)
    rule = SliceRule(column="camera", margin=0.1, against="champion")
    facts = {"live": "version 1", "live_figures": live}
    found = rule.judge(on_set(this, **facts))
    assert (found.passed, found.compares) == (False, True)
    assert "20.0 points below version 1; the gate allows 10.0 points" in found.detail
    assert rule.judge(on_set(live, live="version 1", live_figures=this)).passed
    assert rule.judge(on_set(this)).passed is None, "none is live"
    unmeasured = on_set(this, live="version 1", why_not_compared="Measure it.")
    assert rule.judge(unmeasured).passed is False
    gate = judge(GateFacts(figures=this), [rule], on_set(this, **facts))
    assert not gate.passed
    assert gate.uncompared.passed, "what goes back is not compared"


def test_the_served_file_must_be_near_the_network():
    parity = {"max_abs_difference": 2e-5, "tolerance": 1e-4, "images": 32}
    found = Parity(tolerance=1e-5).judge(on_set(None, parity=parity))
    assert (found.passed, found.short_by) == (False, pytest.approx(1e-5))
    assert "by up to 2e-05 on 32 images; the gate allows 1e-05, 1e-05 less." in found.detail
    assert Parity(tolerance=2e-5).judge(on_set(None, parity=parity)).passed
    assert Parity(tolerance=1).judge(on_set(None)).passed is False, "not known is no pass"


def test_a_stricter_comparison_and_the_rules_as_json_keeps_them():
    found = Comparison(2, 8, mcnemar(2, 8))  # p = 0.109
    facts = on_set(measured(0.9), live="version 1", comparison=found)
    rules = (NotWorse(alpha=0.2), Minimum(metric="kappa", value=0.5), Parity(tolerance=0.1),
             SliceRule(column="a", margin=0.1, against="champion"))  # fmt: skip
    result = judge(facts, rules[:1])
    assert [rule.passed for rule in result.rules] == [True, True, False]
    assert "p = 0.11, to be at least 0.2" in result.reason
    assert rules_from_json([rule_as_json(rule) for rule in rules]) == rules
    for row in (
        {"rule": "later"},
        {"rule": "parity"},
        "minimum",
        {"rule": "minimum", "metric": "later", "value": 1},
    ):
        with pytest.raises(Unreadable):
            rules_from_json([row])
    assert not judge(facts, [Unknown()]).passed, "what cannot be read lets nothing pass"


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
