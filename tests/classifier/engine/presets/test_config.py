"""TrainingConfig and the presets' schemas."""

import hypothesis
import jsonschema
import pytest
from hypothesis import given, settings, strategies

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.registry import PRESETS, checked_config

EVERY_PRESET = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@EVERY_PRESET
def test_defaults_are_what_no_overrides_give_and_survive_json(preset) -> None:
    config = checked_config(preset.name, {})
    assert config == preset.defaults
    assert checked_config(preset.name, config.to_dict()) == config


@EVERY_PRESET
def test_the_schema_is_valid_complete_and_takes_its_own_defaults(preset) -> None:
    schema = preset.config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    defaults = preset.defaults.to_dict()
    jsonschema.validate(defaults, schema)
    assert list(schema["properties"]) == list(preset.settings)
    for name, field in schema["properties"].items():
        assert field["default"] == defaults[name]
        assert field["title"]
        assert field["description"]
        if not {"integer", "number"}.isdisjoint(types_of(field)):
            assert field["minimum"] < field["maximum"]
        assert field["x-group"] in ("basic", "expert")
        assert field["x-section"]
        assert field["x-main"] <= (field["x-group"] == "basic")
    assert any(field["x-group"] == "basic" for field in schema["properties"].values())


@EVERY_PRESET
def test_schema_and_check_refuse_the_same_values(preset) -> None:
    schema = preset.config_schema()
    for name, field in schema["properties"].items():
        for value in _around(field):
            allowed = jsonschema.Draft202012Validator(schema).is_valid({name: value})
            assert _is_taken(preset.name, {name: value}) == allowed, (name, value)


@pytest.mark.parametrize("name", ["cnn_tiny", "efficientnet_lite0"])
@settings(max_examples=30, deadline=None)
@given(data=strategies.data())
def test_whatever_goes_together_is_taken_by_schema_and_check_alike(name, data) -> None:
    """Several settings at once, within their ranges: conditions and check say the same."""
    schema = PRESETS[name].config_schema()
    fields, validator = schema["properties"], jsonschema.Draft202012Validator(schema)
    chosen = data.draw(strategies.sets(strategies.sampled_from(list(fields)), max_size=6))
    values = {each: data.draw(_within(fields[each])) for each in sorted(chosen)}
    # What depends on the level and all that differs from it is beyond a schema.
    level = {**PRESETS[name].defaults.to_dict(), **values}
    hypothesis.assume(not values.get("synthetic") or level["augmentation"] != "none")
    taken = _is_taken(name, values)
    assert validator.is_valid(values) == taken
    if taken:
        config = checked_config(name, values)
        assert checked_config(name, config.to_dict()) == config
        assert validator.is_valid(config.to_dict())


def _within(field: dict) -> strategies.SearchStrategy:
    if "enum" in field:
        return strategies.sampled_from(field["enum"])
    types = types_of(field)
    if "boolean" in types:
        return strategies.booleans()
    if "string" in types and "minimum" not in field:
        return strategies.sampled_from(["", "camera"])
    bounds = (field["minimum"], field["maximum"])
    if "integer" in types:
        return strategies.integers(*map(int, bounds))
    numbers = strategies.floats(*bounds)
    return strategies.none() | numbers if "null" in types else numbers


def types_of(field: dict) -> list[str]:
    """Return the JSON types that a setting's values may have."""
    return field["type"] if isinstance(field["type"], list) else [field["type"]]


def _around(field: dict) -> list:
    values: list = ["", "1", None, True, [], {}, 0.5, 3, 3.0, -1]
    values += [*field.get("enum", []), "auto"]
    for bound in (field.get("minimum"), field.get("maximum")):
        if bound is not None:
            values += [bound, bound - 1, bound + 1]
    return values


def _is_taken(preset: str, values: dict) -> bool:
    try:
        checked_config(preset, values)
    except InvalidConfig:
        return False
    return True


def test_every_fault_is_told_at_once_with_what_is_allowed_and_what_was_received() -> None:
    with pytest.raises(InvalidConfig) as caught:
        checked_config(
            "cnn_tiny",
            {"epochs": 0, "augmentation": "blur", "fine_tune_blocks": 2, "dropout": float("nan")},
        )
    assert caught.value.code == "invalid_config"
    errors = dict(caught.value.errors)
    assert errors["epochs"] == "epochs must be a whole number from 1 to 1000; received 0."
    assert errors["augmentation"] == (
        "augmentation must be one of none, shift, mirror, full; received 'blur'."
    )
    assert errors["fine_tune_blocks"].startswith("cnn_tiny has no setting 'fine_tune_blocks'")
    assert errors["dropout"] == "dropout must be a number from 0 to 0.9; received nan."


def test_a_setting_that_another_leaves_without_effect_is_refused_not_ignored() -> None:
    for preset in ("cnn_tiny", "mobilenet_v2"):
        assert checked_config(preset, {"optimizer": "sgd", "momentum": 0.5}).momentum == 0.5
        schema = jsonschema.Draft202012Validator(PRESETS[preset].config_schema())
        for changes in ({"momentum": 0.5}, {"optimizer": "adam", "momentum": 0.5}):
            assert not schema.is_valid(changes)
            with pytest.raises(InvalidConfig) as caught:
                checked_config(preset, changes)
            assert caught.value.errors == [
                (
                    "momentum",
                    "momentum has an effect with optimizer sgd alone; received 0.5 with optimizer "
                    f"{changes.get('optimizer', 'adamw')}.",
                )
            ]
        assert schema.is_valid({"schedule": "step", "decay_epochs": 2})
        with pytest.raises(InvalidConfig, match="with schedule step or plateau alone"):
            checked_config(preset, {"decay_epochs": 2})


@EVERY_PRESET
def test_every_setting_is_refused_by_name_where_others_leave_it_without_effect(preset) -> None:
    """Walks all settings: changed without what it needs refused, with it taken."""
    defaults = preset.defaults.to_dict()
    schema = jsonschema.Draft202012Validator(preset.config_schema())
    for name, each in preset.settings.items():
        if each.needs is None:
            continue
        other, value = preset.settings[each.needs.setting], _other_value(each, defaults[name])
        choices = other.enum or (0, 1, 2)
        met = [choice for choice in choices if each.needs.met_by({other.name: choice})]
        unmet = [choice for choice in choices if choice not in met]
        assert met
        assert unmet
        for choice in unmet:
            changes = {other.name: choice, name: value}
            with pytest.raises(InvalidConfig) as caught:
                checked_config(preset.name, changes)
            told = dict(caught.value.errors)
            assert str(each.needs) in told[name]
            assert f"received {value!r} with {other.name} {choice}." in told[name]
            assert not schema.is_valid(changes)
            # An earlier version took it: what it did stays the same.
            stored = preset.stored_config({**defaults, **changes})
            assert name not in stored
            assert checked_config(preset.name, stored).to_dict()[name] == defaults[name]
        for choice in met:
            assert schema.is_valid({other.name: choice, name: value})
            assert name not in preset.without_effect({other.name: choice, name: value})


def _other_value(setting, default):
    if setting.type == "boolean":
        return not default
    if setting.enum:
        return next(value for value in setting.enum if value != default)
    return setting.maximum if default != setting.maximum else setting.minimum


def test_settings_of_fine_tuning_and_of_networks_mean_nothing_to_a_head_alone() -> None:
    schema = jsonschema.Draft202012Validator(PRESETS["efficientnet_lite0"].config_schema())
    idle = {"fine_tune_blocks": 5, "fine_tune_learning_rate": 0.01, "all_learning_rate": 0.01}
    with pytest.raises(InvalidConfig) as caught:
        checked_config("efficientnet_lite0", {**idle, "deterministic": False})
    assert [name for name, _ in caught.value.errors] == [*idle, "deterministic"]
    assert dict(caught.value.errors)["fine_tune_blocks"] == (
        "fine_tune_blocks has an effect with fine_tune_epochs of 1 or more alone; received 5 with "
        "fine_tune_epochs 0."
    )
    for name, value in {**idle, "deterministic": False}.items():
        assert not schema.is_valid({name: value})
    tuned = {"fine_tune_epochs": 1, "all_epochs": 1, **idle, "deterministic": False}
    assert schema.is_valid(tuned)
    assert checked_config("efficientnet_lite0", tuned).fine_tune_blocks == 5


@pytest.mark.parametrize("preset", ["k_nearest_neighbours", "logistic_regression", "rbf_svm"])
def test_what_draws_no_random_number_has_no_seed(preset) -> None:
    with pytest.raises(InvalidConfig, match="has no setting 'seed'"):
        checked_config(preset, {"seed": 1})
    # Runs from before have one.
    assert checked_config(preset, PRESETS[preset].stored_config({"seed": 1}))


def test_a_run_from_before_there_was_a_setting_has_its_default() -> None:
    config = checked_config("cnn_tiny", {"epochs": 3, "seed": 1})
    assert (config.optimizer, config.schedule, config.warm_up) == ("adamw", "cosine", 0.1)
    assert config.batch_normalization
    with pytest.raises(InvalidConfig, match="mobilenet_v2 has no setting 'batch_normalization'"):
        checked_config("mobilenet_v2", {"batch_normalization": False})


def test_an_unknown_preset_is_told_the_known_ones() -> None:
    with pytest.raises(InvalidConfig, match=f"one of {', '.join(PRESETS)}; received 'resnet'"):
        checked_config("resnet", {})


def test_whole_numbers_may_come_as_json_floats() -> None:
    config = checked_config("cnn_tiny", {"epochs": 3.0, "learning_rate": 1})
    assert (config.epochs, config.learning_rate) == (3, 1.0)
    assert isinstance(config.epochs, int)
    assert isinstance(config.learning_rate, float)


@pytest.mark.parametrize("augmentation", ["none", "shift", "mirror", "full"])
def test_a_head_alone_takes_no_augmentation_that_needs_new_pixels(augmentation) -> None:
    changes = {"augmentation": augmentation}
    tuned = checked_config("mobilenet_v2", {**changes, "fine_tune_epochs": 1})
    assert tuned.augmentation == augmentation
    stored = PRESETS["mobilenet_v2"].stored_config({**changes, "fine_tune_epochs": 0})
    head = checked_config("mobilenet_v2", stored)
    assert head.augmentation == ("none" if augmentation == "none" else "mirror")
    if augmentation in ("none", "mirror"):
        assert checked_config("mobilenet_v2", changes).augmentation == augmentation
        return
    with pytest.raises(InvalidConfig) as caught:
        checked_config("mobilenet_v2", changes)
    assert caught.value.errors == [
        (
            "augmentation",
            "augmentation must be none or mirror where only the last layer is trained, on vectors "
            f"that are computed once; received {augmentation!r}. To train on changed images, set "
            "the fine-tuning epochs (fine_tune_epochs) to 1 or more.",
        )
    ]


def test_stored_settings_without_a_change_are_as_they_were() -> None:
    values = {"augmentation": "full", "fine_tune_epochs": 2}
    assert PRESETS["mobilenet_v2"].stored_config(values) == values
    assert PRESETS["cnn_tiny"].stored_config({"augmentation": "full"}) == {"augmentation": "full"}
