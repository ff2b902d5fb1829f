"""A wish becomes a rule: what it does on validation, what is promised and what is refused."""

import numpy as np
import pytest

from classifier.engine.measure.decision import Outcome, Rule, Wish, decide
from classifier.engine.measure.decision_answers import gathered, packed, unpacked
from classifier.engine.measure.decision_words import assumptions

NAMES = ("cat", "dog", "owl")


def answers(each=200, distances=True):
    """Cats are always right, dogs in nine of ten cases, owls are answered ten times."""
    truth = np.array([0] * each + [1] * each + [2] * 10)
    said = truth.copy()
    said[each : 2 * each : 10] = 0
    probabilities = np.full((len(truth), 3), 0.05)
    probabilities[np.arange(len(truth)), said] = 0.9
    # The dogs that are taken for cats are unsure.
    probabilities[each : 2 * each : 10, 0] = 0.6
    probabilities[each : 2 * each : 10, 1] = 0.35
    far = np.linspace(0, 1, len(truth)) if distances else None
    return gathered(probabilities, truth, far)


def test_rows_are_kept_in_sixteen_bytes():
    rows = answers()
    content = packed(rows)
    assert len(content) == 16 * len(rows)
    assert (unpacked(content) == rows).all()
    assert rows[200]["true_probability"] == pytest.approx(0.35)


def test_one_precision_for_all_is_one_threshold():
    all_of_them = decide(Wish(precision=0.9, unknown_rate=0.0), answers(), NAMES)
    assert set(all_of_them.rule.thresholds) == {0.0}
    assert all_of_them.outcome.expected_precision == pytest.approx(390 / 410)
    found = decide(Wish(precision=0.95, unknown_rate=0.0), answers(), NAMES)
    assert found.rule.thresholds == pytest.approx((0.9, 0.9, 0.9))
    assert (found.outcome.promised, found.outcome.refusal) == (0.95, "")
    assert found.outcome.accept_share == pytest.approx(390 / 410)
    assert found.outcome.expected_precision == 1.0
    strict = decide(Wish(precision=0.999, unknown_rate=0.0), answers(), NAMES).outcome
    assert strict.promised is None
    assert strict.expected_precision is None
    assert strict.refusal.startswith("Cannot promise this with 410 images: ")


def test_a_precision_by_class_is_a_promise_for_each_named_one():
    wish = Wish(precision={"cat": 0.95, "owl": 0.9}, unknown_rate=0.0)
    cat, dog, owl = decide(wish, answers(), NAMES).outcome.per_class
    # Twenty dogs among 220 answers "cat": only the surer ones go through.
    assert (cat.answered, cat.accepted, cat.correct, cat.promised) == (220, 200, 200, 0.95)
    assert cat.threshold == pytest.approx(0.9)
    assert (dog.threshold, dog.accepted, dog.refusal, dog.promised) == (None, 0, "", None)
    assert owl.promised is None
    assert owl.refusal.startswith("Cannot promise this with 10 images: at least ")


def test_thresholds_by_hand_promise_nothing():
    wish = Wish(thresholds={"cat": 0.7, "dog": 0.2}, unknown_rate=0.0)
    outcome = decide(wish, answers(), NAMES).outcome
    assert [each.threshold for each in outcome.per_class] == [0.7, 0.2, None]
    assert outcome.promises == []
    assert [each.accepted for each in outcome.per_class] == [200, 180, 0]
    said = assumptions(wish, outcome, chose_epoch=True, fast=True)
    assert said[0] == "The thresholds were chosen by hand, so no precision is promised."
    assert len(said) == 5
    assert "no precision is promised" in said[2]
    said = assumptions(wish, outcome, chose_epoch=False, fast=False, chosen_among=14)
    assert said[-1].startswith("This model was chosen among 14 on these same images")


def test_what_is_far_is_unknown_and_never_accepted():
    found = decide(Wish(precision=0.9, unknown_rate=0.1), answers(), NAMES, [0, 5, 9, 9])
    rows = answers()
    assert found.rule.distance == pytest.approx(np.sort(rows["distance"])[369])
    assert found.outcome.unknown == 40
    assert found.outcome.accepted == 370
    assert found.outcome.review_share == 0.0
    assert str(found.outcome.review_share) == "0.0"
    without = decide(Wish(precision=0.9), answers(distances=False), NAMES)
    assert (without.rule.distance, without.outcome.unknown) == (None, 0)
    assert without.outcome.unknown_refusal == "The file of this model gives no vectors to compare."
    none = decide(Wish(precision=0.9), answers()[:18], NAMES).outcome
    assert none.unknown_refusal == ("Cannot promise this with 18 images: at least 19 are needed.")


def test_all_of_it_is_stored_and_read_again():
    wish = Wish(precision={"cat": 0.95})
    found = decide(wish, answers(), NAMES, [0, 5, 9, 9])
    assert Wish.from_json(wish.to_json()) == wish
    assert Rule.from_json(found.rule.to_json()) == found.rule
    assert Outcome.from_json(found.outcome.to_json()) == found.outcome
    said = assumptions(wish, found.outcome, chose_epoch=False, fast=False)
    assert said[0].startswith("With a confidence of 90.0 % the class keeps its precision")
    assert "at most 5.0 %" in said[1]
