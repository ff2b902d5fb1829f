"""Each sentence of a verdict comes from its rule, and only then."""

import pytest

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.intervals import (
    percent,
    probably,
    share_interval,
    span,
)
from classifier.engine.measure.verdict import as_text, verdict
from classifier.engine.measure.verdict_facts import Fit, VerdictFacts


def matrix(*rows, names=("cat", "dog", "fox")) -> ConfusionMatrix:
    return ConfusionMatrix.of_counts(names[: len(rows)], rows)


def fit(**changes) -> Fit:
    values = {
        "accuracy": 0.95, "val_accuracy": 0.94, "validation_images": 100, "best_epoch": 7,
        "epochs": 10, "planned": 10, "patience": 5, "augmentation": "mirror",
        "stopped_early": False, "last_val_losses": (0.31, 0.30),
        "train_counts": {"cat": 300, "dog": 300},
    }  # fmt: skip
    return Fit(**{**values, **changes})


def said(**facts) -> dict[str, str]:
    return {sentence.rule: sentence.text for sentence in verdict(VerdictFacts(**facts))}


def test_a_good_model_is_told_with_its_range_and_its_habit():
    sentences = verdict(VerdictFacts(matrix=matrix([48, 2], [7, 43]), fit=fit()))
    assert as_text(sentences) == (
        "Better than guessing; probably 84 to 95 % right on new images. "
        "“dog” is taken for “cat” most often: 7 of 50."
    )
    assert sentences[0].tone == "good"


def test_a_loss_that_grew_names_the_learning_rate():
    grew = {"first_loss": 3.2, "last_loss": 19.7, "rates": "learning_rate 1"}
    assert said(fit=fit(**grew))["loss_grew"] == (
        "Its loss grew from 3.2 in the first epoch to 19.7 in the last, with learning_rate 1: "
        "choose a smaller learning rate."
    )
    for changes in ({"last_loss": 3.4}, {"epochs": 1}, {"first_loss": None}):
        assert "loss_grew" not in said(fit=fit(**{**grew, **changes}))


def test_a_model_that_guesses_is_told_so_and_its_mistakes_are_not_explained():
    guess = said(matrix=matrix([20, 30], [30, 20]))
    assert guess == {
        "guessing": "Not shown to be better than guessing: probably 31 to 50 % right on new "
        "images, and always answering “cat” would be right on 50.0 %.",
        "few_images": "The range is wide because only 100 images were tested: test on more.",
    }
    # 90 % right, and no better than always answering the class that 90 % are.
    lazy = said(matrix=matrix([90, 0], [10, 0]))
    assert lazy["guessing"].startswith("Not shown to be better than guessing")
    assert lazy["one_answer"] == "It answers “cat” for every image."
    assert "confused" not in lazy


def test_images_of_one_class_show_nothing():
    one = said(matrix=matrix([30, 0], [0, 0]))
    assert one["guessing"].startswith("All 30 images are of the class “cat”")
    assert "one_answer" not in one, "it had no other to answer"


def test_few_images_give_a_wide_range():
    perfect = said(matrix=matrix([6, 0, 0], [0, 6, 0], [0, 0, 6]))
    assert "probably 82 to 100 %" in perfect["guessing"]
    assert "only 18 images" in perfect["few_images"]
    assert "few_images" not in said(matrix=matrix([500, 10], [10, 500]))


def test_the_split_decides_what_the_range_speaks_of():
    rows = matrix([48, 2], [7, 43])
    assert "learned from" in said(matrix=rows, split="train")["guessing"]
    assert "best epoch" in said(matrix=rows, split="validation")["seen_before"]
    leaked = said(matrix=rows, own=False, seen=12)["seen_before"]
    assert leaked.startswith("12 of these images were among those that it was trained on")
    stranger = said(matrix=rows, own=False, from_elsewhere=True)["seen_before"]
    assert "cannot know whether it learned from these images" in stranger
    other = said(matrix=rows, split="train", own=False)
    assert other["guessing"].startswith("Better than guessing"), "it never saw another's images"
    assert said(fit=fit())["guessing"] == (
        "Nothing is known about new images: the version has no test split."
    )


def test_the_class_that_is_found_least_is_named_once():
    weak = matrix([80, 1, 0], [0, 80, 1], [6, 8, 6])
    assert said(matrix=weak)["confused"].startswith("“fox” is taken for “dog” most often: 8 of 20")
    assert "weak_class" not in said(matrix=weak), "the same class again"
    scattered = ConfusionMatrix.of_counts(
        ["a", "b", "c", "d"], [[80, 3, 0, 0], [0, 80, 0, 0], [0, 0, 80, 0], [2, 2, 2, 8]]
    )
    assert said(matrix=scattered)["weak_class"] == "Of “d” only 8 of 14 are found."
    fair = ConfusionMatrix.of_counts(["a", "b"], [[500, 0], [34, 466]])
    assert "weak_class" not in said(matrix=fair), "93 % is not weak"


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"accuracy": 0.99, "val_accuracy": 0.80}, "memorises", "try more augmentation"),
        ({"accuracy": 0.99, "val_accuracy": 0.8, "augmentation": "none"}, "memorises", ": try aug"),
        ({"accuracy": 0.99, "val_accuracy": 0.80, "augmentation": "full"}, "memorises", ": add im"),
        ({"accuracy": 0.99, "val_accuracy": 0.80, "head_alone": True}, "memorises", "fine-tuning"),
        ({"accuracy": 0.95, "val_accuracy": 0.80, "validation_images": 5}, "memorises", None),
        ({"accuracy": 0.99, "val_accuracy": 0.90}, "memorises", None),
        ({"accuracy": 0.99, "val_accuracy": None}, "memorises", None),
        ({"best_epoch": 10}, "still_improving", "more epochs"),
        ({"best_epoch": 10, "last_val_losses": (0.301, 0.30)}, "still_improving", None),
        ({"best_epoch": 9}, "still_improving", None),
        ({"epochs": 6, "best_epoch": 1, "stopped_early": True}, "stopped_early", "after 6 of 10"),
        ({"epochs": 6, "best_epoch": 6}, "still_improving", None),
        ({"train_counts": {"cat": 110, "dog": 10, "eel": 0}}, "imbalance", "only 10 of “dog”"),
        ({"train_counts": {"cat": 100, "dog": 10}}, "imbalance", None),
    ],
)  # fmt: skip
def test_the_training_adds_what_it_shows(changes, rule, words):
    text = said(matrix=matrix([48, 2], [7, 43]), fit=fit(**changes)).get(rule)
    assert (text is None) if words is None else (words in text), text


def test_shares_are_said_in_words():
    assert probably(*share_interval(1.0, 18)) == "probably 82 to 100 %"
    assert span(0.9812, 0.9877) == "98.1 to 98.8 %", "whole percents would hide the range"
    assert percent(1 / 3) == "33.3 %"
    assert share_interval(0.5, 0) is None
    assert share_interval(None, 10) is None
