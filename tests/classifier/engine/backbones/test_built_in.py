"""The built-in ImageNet model, built from files in Keras's layout with random weights."""

import json
import socket
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.backbones.weights import CLASS_INDEX, CLASSIFIER
from classifier.engine.errors import WeightsUnavailable
from classifier.engine.runtime.predictor import Predictor


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory, write_weights) -> Path:
    import keras

    folder = tmp_path_factory.mktemp("imagenet")
    write_weights(keras.applications.MobileNetV2(weights=None), folder / CLASSIFIER.name)
    index = {str(number): [f"n{number:08d}", f"big_thing_{number}"] for number in range(1000)}
    # ImageNet itself has two classes called crane, a bird and a machine.
    index["134"][1] = index["517"][1] = "crane"
    (folder / CLASS_INDEX.name).write_text(json.dumps(index))
    return folder


def test_it_is_served_like_any_other_model(weights_dir, tmp_path) -> None:
    from classifier.engine.backbones.built_in import build_imagenet_model

    built = build_imagenet_model(weights_dir, tmp_path)
    assert built.parity["max_abs_difference"] <= 1e-5
    facts = built.files["model.onnx"]
    predictor = Predictor.load(tmp_path / "model.onnx", facts["sha256"])
    assert predictor.image_size == 224
    assert list(predictor.class_names) == built.class_names
    assert len(set(built.class_names)) == 1000
    assert built.class_names[7] == "big thing 7"
    assert built.class_names[134] == "crane (n00000134)"
    answer = predictor.predict([np.zeros((224, 224, 3), np.uint8)])
    assert answer.shape == (1, 1000)
    assert answer.sum() == pytest.approx(1, abs=1e-4)


def test_offline_it_says_which_file_is_missing(weights_dir, tmp_path, monkeypatch) -> None:
    from classifier.engine.backbones.built_in import imagenet_files

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(WeightsUnavailable, match=CLASSIFIER.name):
        imagenet_files(None)
    (tmp_path / CLASSIFIER.name).write_bytes((weights_dir / CLASSIFIER.name).read_bytes())
    with pytest.raises(WeightsUnavailable, match=CLASS_INDEX.name):
        imagenet_files(tmp_path)


@pytest.mark.parametrize("name", [CLASSIFIER.name, CLASS_INDEX.name])
def test_a_damaged_file_is_named(weights_dir, tmp_path, name) -> None:
    from classifier.engine.backbones.built_in import build_imagenet_model

    for path in weights_dir.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(WeightsUnavailable, match=name):
        build_imagenet_model(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
