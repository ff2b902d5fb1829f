"""The search for a learning rate: on real digits, as a training would take its steps."""

import json

import pytest

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.rates import rates_of, require_rate
from classifier.engine.presets.registry import PRESETS, checked_config
from tests.classifier import forked

SEARCH = "tests.classifier.engine.trainer:search_as_told"


def search(training) -> dict:
    forked.run(SEARCH, training.tell(), log=training.folder / "log.txt")
    return json.loads((training.folder / "result.json").read_text())


@pytest.mark.slow
def test_the_rate_that_is_found_trains_well_and_one_that_diverged_does_not(make_training) -> None:
    training = make_training()
    found = search(training)
    taken, other = (each["learning_rate"] for each in found["suggestions"])
    assert 1e-5 < taken < 0.1
    assert 1e-5 < other < 0.1
    assert search(make_training())["points"] == found["points"]
    assert search(make_training(config={**training.job["config"], "seed": 4})) != found
    assert not training.output_dir.exists()
    assert training.events("epoch") == []
    done, total, unit, *_ = training.events("progress")[-1]
    # Told a few times a second: the last steps may go by untold.
    assert 0 < done <= len(found["points"])
    assert (total, unit) == (100, "steps")

    accuracies = {}
    for rate in (taken, found["diverged_at"] or 1.0):
        config = {**training.job["config"], "learning_rate": rate, "epochs": 12}
        accuracies[rate] = make_training(config=config).run()["metrics"]["val_accuracy"]
    assert accuracies[taken] >= 0.8
    assert accuracies[taken] > max(accuracies[rate] for rate in accuracies if rate != taken)


def test_a_last_layer_and_the_blocks_under_it_have_rates_of_their_own(make_training) -> None:
    """No TensorFlow for the first: heads are fitted on vectors."""
    changes = {"image_size": 64, "batch_size": 8, "fine_tune_epochs": 1}
    job = {"preset": "efficientnet_lite0", "config": changes}
    head = make_training(**job)
    found = search(head)
    assert found["suggestions"][0]["learning_rate"] > 1e-4
    assert found["points"][0]["learning_rate"] == pytest.approx(1e-6)
    blocks = make_training(**job, rate="fine_tune_learning_rate")
    found = search(blocks)
    assert found["points"][0]["learning_rate"] == pytest.approx(1e-7)
    # It begins where the last layer is fitted.
    assert found["points"][0]["smoothed"] < 1.5
    assert found["verdict"]


def test_a_set_of_three_images_is_told_to_be_one(make_training, digits) -> None:
    job = {"preset": "efficientnet_lite0", "config": {"image_size": 64}}
    few = make_training(**job, train=[digits[0][0], *digits[0][1:3]], class_names=[*"0123456789"])
    found = search(few)
    said = "Each step saw all 3 images: with so few it is a hint at best."
    assert found["verdict"].endswith(said) == bool(found["suggestions"])
    assert found["points"]


@pytest.mark.parametrize(
    "preset", [name for name, each in PRESETS.items() if each.kind == "classic"]
)
def test_a_classic_method_has_no_rate_to_find(preset) -> None:
    assert rates_of(PRESETS[preset]) == []
    with pytest.raises(InvalidConfig, match=f"{preset} takes no steps") as caught:
        require_rate(PRESETS[preset], checked_config(preset, {}), "learning_rate")
    [(field, sentence)] = caught.value.errors
    assert field == "preset"
    assert ("how much each tree counts" in sentence) == (preset == "gradient_boosting")


def test_a_rate_needs_a_stage() -> None:
    lite = PRESETS["efficientnet_lite0"]
    every = ["learning_rate", "fine_tune_learning_rate", "all_learning_rate"]
    assert rates_of(lite) == every
    assert rates_of(PRESETS["cnn_tiny"]) == every[:1]
    for rate, epochs in zip(every[1:], ("fine_tune_epochs", "all_epochs"), strict=True):
        with pytest.raises(InvalidConfig, match=f"{rate} has an effect with {epochs}"):
            require_rate(lite, lite.defaults, rate)
        require_rate(lite, checked_config(lite.name, {epochs: 1}), rate)
    with pytest.raises(InvalidConfig, match="setting must be one of learning_rate; received 'x'"):
        require_rate(PRESETS["cnn_tiny"], PRESETS["cnn_tiny"].defaults, "x")
