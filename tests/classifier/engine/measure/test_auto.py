"""Which model won, whether that may be chance, and what is said about it."""

import numpy as np
import pytest

from classifier.engine.measure.auto import (
    AutoResult,
    OnTest,
    Skipped,
    Tried,
    best_of,
    corrected,
    pairs_of,
    result_of,
)
from classifier.engine.measure.mcnemar import mcnemar
from classifier.engine.measure.next_steps import Facts, next_steps


def tried(number, wrong, *, stage="transfer", preset="", loss=0.1, images=200):
    right = np.ones(images, bool)
    right[list(wrong)] = False
    return Tried(
        number=number,
        stage=stage,
        title=f"Method {number}",
        preset=preset or f"preset_{number}",
        right=right,
        loss=loss,
        seconds=2.0,
        milliseconds=10.0,
    )


def test_the_winner_has_most_right_then_the_lowest_loss_then_comes_first():
    three = [tried(0, range(4)), tried(1, range(4), loss=0.05), tried(2, range(3))]
    assert best_of(three).number == 2
    assert best_of(three[:2]).number == 1
    assert best_of([tried(1, []), tried(0, [])]).number == 0


def test_p_values_are_those_of_the_paired_answers_times_the_comparisons():
    winner, other = tried(0, [0]), tried(1, range(1, 13))
    # 12 images only the winner gets right, 1 only the other.
    assert corrected(winner, other, 1) == pytest.approx(mcnemar(12, 1))
    assert corrected(winner, other, 5) == pytest.approx(5 * mcnemar(12, 1))
    assert corrected(winner, winner, 9) == 1.0


def test_a_winner_among_models_alike_is_rarely_called_better_than_another():
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(200):
        alike = [
            tried(number, np.flatnonzero(rng.random(300) < 0.2)[:300], images=300)
            for number in range(12)
        ]
        winner = best_of(alike)
        false += (
            min(corrected(winner, each, pairs_of(12)) for each in alike if each is not winner)
            < 0.05
        )
    # 5 % of 200 are 10.
    assert false <= 15


def test_the_verdict_names_winner_margin_chance_test_and_what_was_left_out():
    winner, near = tried(0, [0], stage="transfer"), tried(1, [0, 1])
    far = tried(2, range(20), stage="instant")
    variant = tried(4, [0], stage="search", preset="preset_0", loss=0.2)
    late = {"number": 3, "stage": "scratch", "title": "Small CNN", "preset": "cnn_small"}
    failed = {"number": 5, "stage": "scratch", "title": "Large CNN", "preset": "alexnet"}
    skipped = [
        Skipped(**late, reason="No time.", for_time=True),
        Skipped(**failed, reason="Too large.", for_time=False),
    ]
    result = result_of(
        [winner, near, far, variant],
        skipped,
        winner=best_of([winner, near, far, variant]),
        test=OnTest(accuracy=0.98, interval=(0.95, 0.99), images=100),
        next_steps=(),
        budget="the 10 minutes",
        seconds=12.0,
    )
    assert result.winner == 0
    assert result.verdict == (
        "Method 0 is the best of 4: right on 99.5 % of 200 validation images (probably 97.2 "
        "to 99.9 %). It is 0.5 points ahead of Method 1, which may be chance (McNemar, p = "
        "1.000, times 6 possible comparisons). It is 9.5 points ahead of Method 2, more than "
        "chance (McNemar, p below 0.001, times 6 possible comparisons). On 100 test images, "
        "which had no part in the choice, it is right on 98.0 % (probably 95 to 99 %). Left "
        "out of the 10 minutes: “Small CNN”; the table says why. Could not be fitted: “Large "
        "CNN”; the table says why."
    )
    rows = {row.number: row for row in result.candidates}
    assert [row.number for row in result.candidates] == [0, 1, 2, 3, 4, 5]
    assert (rows[3].status, rows[3].reason, rows[3].accuracy) == ("skipped", "No time.", None)
    assert rows[0].p_value is None
    assert rows[2].p_value == pytest.approx(6 * mcnemar(19, 0))
    assert rows[1].images_per_second == pytest.approx(100.0)
    assert AutoResult.from_json(result.to_json()) == result


def test_one_alone_and_no_test_images_are_said_plainly():
    only = tried(0, [], stage="instant")
    result = result_of(
        [only], [], winner=only, test=None, next_steps=(), budget="the one minute", seconds=1.0
    )
    assert result.verdict == (
        "Method 0 is all that was fitted: right on 100.0 % of 200 validation images (probably "
        "98.1 to 100.0 %). There are no test images, so nothing has judged it since it was chosen."
    )


def facts(**changes):
    values = {
        "stage": "transfer",
        "title": "EfficientNet-Lite0",
        "class_names": ["cat", "dog"],
        "found": np.array([50, 40]),
        "asked": np.array([50, 50]),
        "train_counts": {"cat": 200, "dog": 200},
        "balanced": False,
        "curve": "",
        "quick": True,
        "label_errors": 0,
        "frozen": True,
        "weightless": [],
        "unfitted": [],
    }
    return Facts(**{**values, **changes})


def said(**changes):
    return {step.rule: step.text for step in next_steps(facts(**changes))}


def test_what_to_try_next_follows_from_what_is_there():
    plain = said()
    assert set(plain) == {"weakest_class", "more_images", "fine_tune"}
    said_of_dog = "“dog” is recognized least (40 of 50): new images of it help most."
    assert plain["weakest_class"] == said_of_dog
    near = said(found=np.array([50, 48]))["weakest_class"]
    assert "(48 of 50, though so few images may be chance)" in near
    assert "EfficientNet-Lite0" in plain["fine_tune"]
    assert "weakest_class" not in said(found=np.array([50, 50]))
    assert said(label_errors=3)["label_errors"].startswith("Look at 3 images")
    assert said(label_errors=None)["label_errors"].startswith("Let the quality check")
    assert said(curve="40 more images.")["more_images"] == "40 more images."
    assert "more_images" not in said(quick=False)
    rare = {"cat": 400, "dog": 12}
    assert "class weights" in said(train_counts=rare)["imbalance"]
    assert "imbalance" not in said(train_counts=rare, balanced=True)
    assert "fine_tune" not in said(frozen=False)
    assert said(weightless=["VGG16", "Xception"])["larger_network"].endswith("VGG16 and Xception.")
    assert "Small CNN" in said(unfitted=["Small CNN"])["more_time"]
