"""A preset is one module: its catalog is found by itself, and one from outside trains like any."""

from pathlib import Path

import pytest

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets import catalog, registry
from classifier.engine.presets.catalog import cnn_tiny
from classifier.engine.runtime.predictor import Predictor
from common.pixels import read_pixels
from tests.classifier.engine.presets import outside


def test_the_catalog_is_found_by_itself():
    files = Path(catalog.__path__[0]).glob("[!_]*.py")
    assert list(registry.PRESETS) == sorted(file.stem for file in files)
    kinds: dict[str, list[str]] = {}
    for preset in registry.PRESETS.values():
        kinds.setdefault(preset.kind, []).append(preset.name)
    assert kinds["scratch"] == [
        "alexnet", "cnn_small", "cnn_tiny", "compact_transformer", "densenet_small", "lenet5",
        "mlp", "nin", "resnet_small", "squeezenet", "vgg_small",
    ]  # fmt: skip
    assert kinds["transfer"] == [
        "convnext_tiny", "densenet121", "efficientnet_lite0", "efficientnet_v2_b0",
        "inception_resnet_v2", "inception_v3", "mobilenet_v2", "mobilenet_v3_large",
        "mobilenet_v3_small", "resnet50_v2", "vgg16", "xception",
    ]  # fmt: skip
    assert registry.begin_with("small images").name == "cnn_tiny"
    assert registry.begin_with("photographs").name == "efficientnet_lite0"


def test_a_preset_holds_the_settings_of_its_family_and_no_others():
    assert "fine_tune_epochs" not in registry.PRESETS["cnn_tiny"].settings
    assert "precision" not in registry.PRESETS["mobilenet_v2"].settings
    assert registry.PRESETS["mobilenet_v2"].config({"fine_tune_epochs": 3}).planned_epochs == 33
    assert registry.PRESETS["mobilenet_v2"].config({"all_epochs": 4}).planned_epochs == 34
    with pytest.raises(InvalidConfig, match="fine_tune_blocks must be a whole number from 1 to 17"):
        registry.checked_config("mobilenet_v2", {"fine_tune_blocks": 18})


def test_a_name_is_given_once(monkeypatch):
    monkeypatch.setattr(registry, "PRESETS", dict(registry.PRESETS))
    with pytest.raises(ValueError, match="two presets 'cnn_tiny'"):
        registry.register(cnn_tiny.CnnTiny())


def test_a_preset_from_outside_is_offered_checked_and_trained(monkeypatch, make_training, digits):
    training = make_training(
        preset="outside_mlp",
        preset_module=outside.__name__,
        config={"hidden_units": 32, "epochs": 8},
    )
    result = training.run()
    assert result["metrics"]["val_accuracy"] > 0.8
    # 8 x 8 x 3 pixels into 32 units, these into ten classes.
    assert result["metrics"]["parameters"] == (192 + 1) * 32 + (32 + 1) * 10
    predictor = Predictor.load(training.output_dir / "model.onnx")
    images = [read_pixels(Path(path), 8) for path, _ in digits[1]]
    right = predictor.predict(images).argmax(axis=1) == [index for _, index in digits[1]]
    assert right.mean() > 0.75

    monkeypatch.setattr(registry, "PRESETS", dict(registry.PRESETS))
    registry.register(outside.PRESET)
    schema = registry.PRESETS["outside_mlp"].config_schema()
    assert schema["properties"]["hidden_units"] == {
        "title": "Hidden units", "description": "Width of the hidden layer.", "type": "integer",
        "minimum": 1, "maximum": 512, "default": 64, "x-main": True, "x-group": "basic",
        "x-section": "Training",
    }  # fmt: skip
    assert schema["properties"]["image_size"]["maximum"] == 32
    with pytest.raises(InvalidConfig, match="hidden_units must be a whole number from 1 to 512"):
        registry.checked_config("outside_mlp", {"hidden_units": 0})
