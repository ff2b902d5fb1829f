"""Every preset trains two epochs, saves, loads, serves, and says the same to 1e-4 everywhere."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.presets.transfer import TransferPreset
from classifier.engine.runtime.predictor import Predictor
from common.pixels import read_pixels
from tests.classifier.engine.random_weights import random_weights
from tests.classifier.engine.recorded import effective

# What `make test` trains; the others take up to minutes each.
QUICK = ("resnet_small",)
NETWORKS = [
    pytest.param(preset, id=name, marks=[] if name in QUICK else pytest.mark.slow)
    for name, preset in PRESETS.items()
    # A student needs a teacher: test_student.py.
    if preset.kind not in ("classic", "distilled")
]


def overrides(preset) -> dict:
    """Two epochs of each stage, on images as small as the network has room for."""
    size = max(16, int(preset.settings["image_size"].minimum))
    wanted = {"epochs": 2, "image_size": size, "batch_size": 8, "fine_tune_epochs": 2}
    if preset.name == "resnet_small":
        wanted["attention"] = "coordinate"
    return {name: value for name, value in wanted.items() if name in preset.settings}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("preset", NETWORKS)
def test_it_trains_saves_loads_serves_and_says_the_same(
    preset, make_training, digits, tmp_path, write_weights
):
    import keras

    if isinstance(preset, TransferPreset):
        random_weights(preset, tmp_path, write_weights)
    config = overrides(preset)
    training = make_training(
        preset=preset.name,
        config=config,
        train=digits[0][:48],
        validation=digits[0][48:60],
        weights_dir=str(tmp_path),
    )
    outcome = training.run(seconds=3000)  # a busy machine takes its time
    assert "error" not in outcome, outcome
    assert len(training.curve()) == 2 + config.get("fine_tune_epochs", 0)
    assert all(np.isfinite(row["loss"]) for row in training.curve())
    # What is taken is used: a setting that is never looked at has no place in the preset.
    [read] = training.events("read")
    assert effective(preset, checked_config(preset.name, config)) - set(read) == set()

    size = config["image_size"]
    pixels = np.stack([read_pixels(Path(path), size) for path, _ in digits[1][:12]])
    served, vectors = Predictor.load(training.output_dir / "model.onnx").predict_with_vectors(
        pixels
    )
    loaded = keras.saving.load_model(training.output_dir / "model.keras", compile=False)
    assert np.abs(np.asarray(loaded(pixels, training=False)) - served).max() <= 1e-4
    np.testing.assert_allclose(served.sum(axis=1), 1, atol=1e-4)
    # The vector is what the last layer reads: its weights make the same answers of it.
    kernel, bias = loaded.get_weights()[-2:]
    logits = vectors @ kernel + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.abs(powers / powers.sum(axis=1, keepdims=True) - served).max() <= 1e-4
    assert np.ptp(served, axis=0).max() > 0
    if preset.kind == "scratch":
        assert layers_of(training.output_dir / "model.keras") == {"keras.layers"}


def layers_of(path: Path) -> set[str]:
    """Return where the layers of a saved network come from: Keras's own hold no code to trust."""
    with zipfile.ZipFile(path) as archive:
        network = json.loads(archive.read("config.json"))
    return {layer["module"] for layer in network["config"]["layers"]}
