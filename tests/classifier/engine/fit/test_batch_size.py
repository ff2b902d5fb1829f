"""How many images a step takes: what fits, what is refused, and what a resumed training keeps."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.errors import OutOfMemory
from classifier.engine.fit.balance import Balance, most_shown
from classifier.engine.fit.batch_size import (
    LEAST,
    MOST,
    UNKNOWN,
    Budget,
    Cost,
    choose,
    machine_budget,
)
from classifier.engine.presets.registry import checked_config

COST = Cost(fixed=1_000_000_000, image=100_000_000)
MANY = 50_000


def budget(gigabytes: float) -> Budget:
    return Budget(int(gigabytes * 1e9), "this worker's free memory")


def test_auto_takes_the_presets_own_or_the_largest_half_that_fits() -> None:
    own = choose("auto", 32, MANY, COST, budget(100))
    assert own.images == 32
    assert own.why.startswith("The preset's own: it takes up to 7.4 GB of ")
    assert choose("auto", 32, MANY, COST, Budget(UNKNOWN, "a GPU")).why == (
        "The preset's own: it is not known how much memory there is."
    )
    less = choose("auto", 32, MANY, COST, budget(8))
    assert less.images == 16
    assert less.why == (
        "The preset's own 32 would take up to 7.4 GB; 16 take up to 4.2 GB of 8 GB of this "
        "worker's free memory."
    )
    # Half as much memory never gives more images, and a choice is always within the share.
    sizes = (400, 40, 20, 10, 5, 2.1)
    found = [choose("auto", 128, MANY, COST, budget(size)).images for size in sizes]
    assert found == sorted(found, reverse=True)
    assert found[-1] == 1
    with pytest.raises(OutOfMemory, match="A step of 1 image takes 1 GB or more") as caught:
        choose("auto", 32, MANY, COST, budget(1))
    assert caught.value.hint == "Choose a smaller image size or another preset."


def test_a_number_is_taken_unless_it_cannot_fit_and_then_one_is_named_that_does() -> None:
    assert choose(64, 32, MANY, COST, budget(4)).images == 64, (
        "the estimate is a bound, not a verdict"
    )
    with pytest.raises(OutOfMemory) as caught:
        choose(1024, 32, MANY, COST, budget(8))
    assert caught.value.code == "out_of_memory"
    assert caught.value.detail == (
        "A step of 1,024 images takes 32 GB or more; there are 8 GB of this worker's free memory."
    )
    assert caught.value.hint == "batch_size 16 would fit, and auto chooses one."
    assert LEAST < 1 < MOST


def test_a_batch_holds_no_more_images_than_there_are() -> None:
    few = choose(1024, 32, 20, COST, budget(8))
    assert (few.images, few.why) == (20, "All there are to learn from; the settings say 1,024.")
    assert choose(20, 32, 20, COST, budget(8)).why == "As the settings say."
    with pytest.raises(OutOfMemory, match="A step of 200 images takes 7 GB or more") as caught:
        choose(1024, 32, 200, COST, budget(5))
    assert caught.value.hint == "batch_size 6 would fit, and auto chooses one."
    auto = choose("auto", 32, 12, COST, budget(100))
    assert (auto.images, auto.why) == (
        12,
        "All there are, for the preset's own 32: they take up to 3.4 GB of 100 GB of this worker's "
        "free memory.",
    )
    less = choose("auto", 32, 12, COST, budget(4))
    assert (less.images, less.why) == (
        6,
        "All 12 there are would take up to 3.4 GB; 6 take up to 2.2 GB of 4 GB of this worker's "
        "free memory.",
    )
    unknown = choose("auto", 32, 12, COST, Budget(UNKNOWN, "a GPU"))
    assert unknown.images == 12


def test_a_second_fit_may_show_more_images_than_the_first() -> None:
    config = checked_config("cnn_tiny", {})
    balance = Balance(config, np.array([0] * 9 + [1] * 3), 3)
    assert most_shown(balance, 0) == 12
    assert most_shown(balance, 40) == 52
    assert most_shown(balance, 20_000) == 12 + 3 * 500
    filled = Balance(replace(config, synthetic=1.0), balance.labels, 3)
    assert most_shown(filled, 0) == 18
    assert most_shown(filled, 4) == 13 * 3


def test_a_machine_has_what_is_free_and_an_operator_may_state_less() -> None:
    free = machine_budget(None)
    assert 0 < free.bytes < 1 << 50
    stated = machine_budget(3 << 30)
    assert stated.bytes == 3 << 30
    assert "LOUPE_TRAINING_MEMORY_BYTES" in stated.of


def test_auto_is_settled_by_the_network_kept_by_checkpoints_and_told(make_training) -> None:
    config = {"epochs": 2, "image_size": 16, "batch_size": "auto", "precision": "float32"}
    small = make_training(config=config, memory_bytes=40_000_000, stop_after=1)
    assert small.run()["error"]["code"] == "cancelled"
    [told] = [text for text in small.events("stage") if text.startswith("Steps of ")]
    [manifest] = Path(small.job["checkpoint_dir"]).glob("epoch-*/manifest.json")
    state = json.loads(manifest.read_text())["state"]
    images = state["batch_size"]
    assert 0 < images < 32
    assert told == f"Steps of {images} images. {state['batch_why']}"
    # With more memory the next attempt would choose otherwise; it goes on as it began.
    small.job |= {"memory_bytes": None, "stop_after": None}
    outcome = small.run()
    assert outcome["metrics"]["batch_size"] == {
        "images": images,
        "asked": "auto",
        "why": state["batch_why"],
        "stages": {"training": images},
    }
    large = make_training(config={**config, "epochs": 1})
    assert large.run()["metrics"]["batch_size"]["images"] == 32
    many = {"train": large.job["train"] * 4, "memory_bytes": 40_000_000}
    refused = make_training(config={**config, "batch_size": 1024}, **many).run()
    assert refused["error"]["code"] == "out_of_memory"
    assert refused["error"]["detail"].startswith("A step of 1,024 images takes ")
    assert "would fit, and auto chooses one." in refused["error"]["hint"]
