"""The space of a search: from the settings' ranges, and what is refused by name."""

import pytest

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.dimensions import Choices, Range
from classifier.engine.search.space import config_of, grid_size, space_of, stored_space
from classifier.engine.search.usual import FIXED, default_space, searchable, suggested

LITE = PRESETS["efficientnet_lite0"]
BASE = LITE.defaults.to_dict()


@pytest.mark.parametrize("name", [name for name in PRESETS if not PRESETS[name].single_runs])
def test_every_preset_has_a_space_of_its_own_that_can_be_trained(name):
    preset = PRESETS[name]
    base = preset.defaults.to_dict()
    space = default_space(preset, base)
    assert len(space) >= 2
    asked = {setting: each.to_json() for setting, each in space.items()}
    assert space_of(preset, base, asked) == space == stored_space(preset, asked)
    assert set(searchable(preset)) == set(preset.settings) - set(FIXED)
    for setting in searchable(preset):
        found, limits = suggested(preset, setting, base), preset.settings[setting]
        for value in found.ends:
            assert limits.check(value) == value, setting


def test_wide_ranges_of_positive_numbers_are_searched_by_tenfolds():
    asked = {
        "learning_rate": {"low": 1e-4, "high": 1e-1},
        "dropout": {"low": 0, "high": 0.5},
        "batch_size": {"low": 16, "high": 64},
    }
    space = space_of(LITE, BASE, asked)
    assert [each.log for each in space.values()] == [False, True, False]
    assert list(space) == ["batch_size", "learning_rate", "dropout"], "as the preset has them"
    assert space["learning_rate"].grid() == [1e-4, 0.003162, 0.1]
    assert grid_size(space) == 27


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "A search needs a setting to vary; efficientnet_lite0 has augmentation, "),
        ({"rate": {"low": 1, "high": 2}}, "efficientnet_lite0 has no setting 'rate'; a search"),
        ({"seed": {"low": 1, "high": 9}}, "seed is not for a search to vary: it is luck"),
        ({"learning_rate": {"low": 1e-9, "high": 1}}, "must be a number from 1e-06 to 1; received"),
        ({"dropout": {"low": 0.2, "high": 0.95}}, "from 0 to 0.9; received 0.95"),
        ({"dropout": {"low": 0.2, "high": 0.2}}, "low must be less than high; received 0.2"),
        ({"dropout": {"low": 0, "high": 0.5, "log": True}}, "begins above 0; received low 0"),
        ({"dropout": {"low": 0, "high": 0.5, "points": 1}}, "points is from 2 to 20; received 1"),
        ({"dropout": {"low": 0, "high": 0.5, "points": 3.0}}, "from 2 to 20; received 3.0"),
        ({"dropout": {"low": 0.1, "high": 0.5, "log": 1}}, "log is true or false; received 1"),
        ({"dropout": {"low": 0.10001, "high": 0.10002}}, "low and high are the same in them"),
        ({"dropout": {"choices": [0.1] * 51}}, "50 choices at most; received 51"),
        ({str(name): {} for name in range(99)}, "settings; 99 were named"),
        ({"dropout": {"low": 0.1}}, "dropout takes"),
        ({"dropout": [0.1, 0.2]}, "dropout takes"),
        ({"dropout": {"choices": [0.1, 0.1]}}, "dropout has 1 choice, so it does not vary"),
        ({"dropout": {"choices": "0.1"}}, "choices is a list"),
        ({"batch_size": {"low": "auto", "high": 64}}, "from a number to a number"),
        ({"optimizer": {"low": 1, "high": 2}}, "it takes choices"),
        ({"optimizer": {"choices": ["adam", "magic"]}}, "received 'magic'"),
        # Neither can be trained, whatever the others are.
        ({"momentum": {"low": 0.5, "high": 0.8}}, "momentum has an effect with optimizer sgd"),
        ({"augmentation": {"choices": ["none", "full"]}}, "augmentation of full cannot be"),
    ],
)
def test_what_cannot_be_varied_is_refused_by_name(asked, sentence):
    with pytest.raises(InvalidConfig) as caught:
        space_of(LITE, BASE, asked)
    [(name, said)] = caught.value.errors
    assert sentence in said
    assert name in {"", *asked}


def test_a_range_is_stored_as_it_was_asked():
    asked = {"dropout": {"low": 0.10001, "high": 0.123456}}
    space = space_of(LITE, BASE, asked)
    stored = space["dropout"].to_json()
    assert (stored["low"], stored["high"]) == (0.10001, 0.123456)
    assert stored_space(LITE, {"dropout": stored}) == space


def test_what_others_make_possible_is_taken_and_left_alone_where_it_has_no_effect():
    asked = {
        "optimizer": {"choices": ["adamw", "sgd"]},
        "momentum": {"low": 0.5, "high": 0.8},
        "augmentation": {"choices": ["none", "full"]},
        "fine_tune_epochs": {"choices": [0, 2]},
    }
    space = space_of(LITE, BASE, asked)
    assert isinstance(space["fine_tune_epochs"], Choices)
    assert isinstance(space["momentum"], Range)
    idle = config_of(LITE, BASE, {"optimizer": "adamw", "momentum": 0.6})
    used = config_of(LITE, BASE, {"optimizer": "sgd", "momentum": 0.6})
    assert (idle.momentum, used.momentum) == (0.9, 0.6)
