"""What unlabelled images join a training, and what the training makes of them."""

import csv

import numpy as np
import pytest

from classifier.engine.fit.self_training import choose
from classifier.engine.presets.self_training import MOST_OF_A_CLASS

NONE = np.empty((0, 3), np.float32), np.empty(0, np.int64)


def test_what_the_first_fit_is_sure_of_is_chosen() -> None:
    logits = np.log(np.array([[0.97, 0.02, 0.01], [0.5, 0.3, 0.2], [0.01, 0.96, 0.03]], np.float32))
    chosen = choose(logits, *NONE, 0.95)
    assert (chosen.places, chosen.classes) == ([0, 2], [0, 1])
    assert chosen.temperature == 1.0
    assert chosen.probabilities == pytest.approx([0.97, 0.96])
    assert chosen.samples(["a", "b", "c"]) == [("a", 0), ("c", 1)]
    assert choose(logits, *NONE, 0.99).places == []


def test_validation_images_say_how_sure_an_answer_may_be() -> None:
    sure = np.eye(3, dtype=np.float32)[[0, 1, 2] * 20] * 4
    labels = np.array([0, 1, 2] * 20)
    wrong = labels.copy()
    wrong[::3] = 1
    asked = np.array([[4.0, 0.0, 0.0]], np.float32)
    assert choose(asked, sure, labels, 0.95).places == [0]
    too_sure = choose(asked, sure, wrong, 0.95)
    assert too_sure.temperature > 2
    assert too_sure.places == [], "a third of such answers is wrong"


def test_of_each_class_the_surest_join_up_to_the_limit() -> None:
    logits = np.zeros((MOST_OF_A_CLASS + 100, 2), np.float32)
    logits[:, 0] = 3 + np.arange(len(logits)) / 1000
    logits[-1] = [0, 9]
    none = np.empty((0, 2), np.float32), np.empty(0, np.int64)
    chosen = choose(logits, *none, 0.9)
    assert chosen.classes.count(0) == MOST_OF_A_CLASS
    assert chosen.places[0] == 99, "the least sure of the frequent class stay out"
    assert chosen.places[-1] == len(logits) - 1


FEW = {
    "epochs": 20, "image_size": 16, "seed": 3, "batch_size": 16, "self_training": 0.6,
    "early_stopping_patience": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def few_labels(few_labels_job) -> tuple:
    """The same, and what has come of it."""
    training, truth, job = few_labels_job
    return training, truth, job, training.run()


@pytest.fixture(scope="module")
def few_labels_job(make_training, digits):
    """A training of a hundred labelled and two hundred unlabelled digits.

    Without validation images: whether the second fit is better depends on the processor.
    """
    train, more = digits[0][:100], digits[0][100:300]
    job = {"config": FEW, "train": train, "validation": []}
    return make_training(**job, unlabelled=[path for path, _ in more]), dict(more), job


def test_a_network_goes_on_with_what_it_is_sure_of(few_labels) -> None:
    training, truth, _, outcome = few_labels
    told = outcome["metrics"]["self_training"]
    assert told["asked"] == 200
    assert sum(told["taken"].values()) > 20
    assert [row["epoch"] for row in training.events("epoch")] == list(range(1, 41))
    assert outcome["metrics"]["stopped"]["planned_epochs"] == 40
    assert told["kept"]
    with (training.output_dir / "self_training.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(told["taken"].values())
    assert all(float(row["probability"]) >= 0.6 for row in rows)
    right = [truth[row["image_sha256"]] == int(row["class_name"]) for row in rows]
    assert np.mean(right) > 0.6
    assert outcome["files"]["self_training.csv"]["bytes"] > 0


@pytest.mark.slow
def test_a_stop_in_the_second_fit_changes_nothing(few_labels, make_training) -> None:
    training, _, job, outcome = few_labels
    resumed = make_training(**job, unlabelled=training.job["unlabelled"], stop_after=23)
    assert resumed.run()["error"]["code"] == "cancelled"
    resumed.job["stop_after"] = None
    again = resumed.run()
    assert again["metrics"]["self_training"] == outcome["metrics"]["self_training"]
    assert resumed.curve() == training.curve()


def test_nothing_is_sure_enough(few_labels_job, make_training) -> None:
    training, _, job = few_labels_job
    config = {**FEW, "epochs": 1, "self_training": 0.9999}
    alone = make_training(**{**job, "config": config}, unlabelled=training.job["unlabelled"])
    outcome = alone.run()
    told = outcome["metrics"]["self_training"]
    assert (told["asked"], told["taken"], told["kept"]) == (200, {}, False)
    assert outcome["metrics"]["stopped"]["planned_epochs"] == 1
    assert "self_training.csv" not in outcome["files"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fine_tuning_learns_from_what_joined_where_that_made_the_head_better(make_training, digits):
    """Of validation labels that are wrong whatever learns more is worse; without any, it counts."""
    every = [(path, label // 5) for path, label in digits[0]]
    train = [pair for pair in every[:60] if pair[1]][:14]
    train += [pair for pair in every[60:120] if not pair[1]][:6]
    config = {
        "epochs": 2, "image_size": 64, "batch_size": 4, "self_training": 0.01, "synthetic": 1.0,
        "fine_tune_epochs": 1, "fine_tune_blocks": 1, "early_stopping_patience": 0,
        "augmentation": "mirror",
    }  # fmt: skip
    wrong = [(path, 1 - label) for path, label in every[320:360]]
    for validation, kept in ((wrong, False), ([], True)):
        training = make_training(
            preset="efficientnet_lite0",
            config=config,
            class_names=["low", "high"],
            train=train,
            validation=validation,
            unlabelled=[path for path, _ in every[120:160]],
        )
        outcome = training.run()
        told = outcome["metrics"]["self_training"]
        assert sum(told["taken"].values()) == 40
        assert told["kept"] == kept
        assert ("self_training.csv" in outcome["files"]) == kept
        made = outcome["metrics"]["synthetic"]
        counts = {name: number + told["taken"].get(name, 0) * kept for name, number in SEEN.items()}
        least = min(counts, key=counts.get)
        assert made == {least: max(counts.values()) - counts[least]}
        tuned = [each for each in training.events("progress") if each[3] == "Epoch 5 of 5"]
        assert {total for _, total, *_ in tuned} == {2 * max(counts.values()) // 4 * 4}


SEEN = {"low": 6, "high": 14}
