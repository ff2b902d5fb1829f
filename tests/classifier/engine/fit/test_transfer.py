"""MobileNetV2: a head on vectors, fine-tuning from it, missing and damaged weights."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifier.engine.backbones.catalog.mobilenet_v2 import MOBILENET_V2
from classifier.engine.runtime.predictor import Predictor
from tests.classifier.engine.file_pixels import FilePixels

CONFIG = {"epochs": 3, "image_size": 64, "batch_size": 8}


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory, write_weights) -> Path:
    """A folder with random weights in the layout and under the name that Keras uses."""
    import keras

    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    write_weights(
        keras.applications.MobileNetV2(include_top=False, weights=None),
        folder / MOBILENET_V2.weights.name,
    )
    return folder


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int]]:
    """Forty noisy pictures, in turn reddish with a bright left half and bluish with a right one."""
    folder = tmp_path_factory.mktemp("photographs")
    noise = np.random.default_rng(0)
    samples = []
    for number in range(40):
        pixels = noise.normal(90, 30, (80, 100, 3))
        pixels[:, :, 0 if number % 2 else 2] += 110
        path = folder / f"{number}.jpg"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        samples.append((str(path), number % 2))
    return samples


@pytest.fixture
def make_transfer(make_training, photographs, weights_dir):
    def make(**changes):
        job = {
            "preset": "mobilenet_v2",
            "config": CONFIG,
            "class_names": ["blue", "red"],
            "train": photographs[:30],
            "validation": photographs[30:],
            "weights_dir": str(weights_dir),
        }
        return make_training(**{**job, **changes})

    return make


# A process that has loaded nothing yet, as a worker's child for heads is.
ALONE = """
import sys
from tests.classifier.engine.trainer import train_as_told
train_as_told(sys.argv[1])
print({"tensorflow", "keras", "tf2onnx"} & set(sys.modules))
"""


@pytest.mark.parametrize("augmentation", ["none", "mirror"])
def test_a_head_is_fitted_and_written_without_tensorflow(
    make_transfer, photographs, augmentation
) -> None:
    training = make_transfer(config={**CONFIG, "augmentation": augmentation})
    told = training.tell()
    done = subprocess.run([sys.executable, "-c", ALONE, told], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr[-2000:]
    outcome = json.loads((training.folder / "result.json").read_text())
    assert outcome["metrics"]["epochs"] == 3
    assert outcome["metrics"]["parameters"] > 2_000_000
    assert list(outcome["files"]) == ["model.onnx", "training_script.py"]
    assert outcome["parity"]["max_abs_difference"] <= outcome["parity"]["tolerance"] == 1e-5
    predictor = Predictor.load(training.output_dir / "model.onnx")
    rows = FilePixels().rows([path for path, _ in photographs[30:]], predictor.views[0].size)
    found = predictor.predict_rows(rows, lambda *_: None).argmax(axis=1)
    accuracy = (found == [index for _, index in photographs[30:]]).mean()
    assert accuracy == pytest.approx(outcome["metrics"]["val_accuracy"])


# Three processes each compile MobileNetV2: 30 s on a quiet machine, minutes on a busy one.
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fine_tuning_follows_the_head_and_resumes_bit_for_bit(make_transfer) -> None:
    stages = {"epochs": 2, "fine_tune_epochs": 1, "fine_tune_blocks": 1, "all_epochs": 2}
    config = {**CONFIG, **stages}
    whole = make_transfer(config=config)
    outcome = whole.run()
    assert [row["epoch"] for row in whole.curve()] == [1, 2, 3, 4, 5]
    assert outcome["metrics"]["epochs"] == 5

    training = make_transfer(config=config)
    process = training.start()
    deadline = time.monotonic() + 400
    while len(training.events("epoch")) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.join(10)
    told = len(training.events("epoch"))
    assert told == 4
    training.run()
    assert training.curve()[told]["epoch"] in (4, 5)
    by_number = {row["epoch"]: row for row in training.curve()}
    assert [by_number[number] for number in sorted(by_number)] == whole.curve()
    assert training.events("stage").count("Vectors of the train split") == 1
    assert training.events("stage").count("Fitting the last layer") == 1
    assert sorted(whole.output_dir.iterdir()) == [
        whole.output_dir / name for name in ("model.keras", "model.onnx", "training_script.py")
    ]


def test_offline_without_weights_it_fails_at_once(make_transfer, tmp_path, monkeypatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{unused.getsockname()[1]}")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    training = make_transfer(weights_dir=None)
    error = training.run()["error"]
    assert error["code"] == "weights_unavailable"
    assert "LOUPE_WEIGHTS_DIR" in error["hint"]
    assert not training.events("progress")


def test_damaged_weights_are_named(make_transfer, tmp_path) -> None:
    (tmp_path / MOBILENET_V2.weights.name).write_bytes(b"not an HDF5 file")
    error = make_transfer(weights_dir=str(tmp_path)).run()["error"]
    assert error["code"] == "weights_unavailable"
    assert "damaged" in error["detail"]


def test_a_head_is_fitted_once_more_with_unlabelled_images(make_transfer, photographs) -> None:
    config = {**CONFIG, "epochs": 20, "learning_rate": 0.01, "self_training": 0.5}
    job = {"train": photographs[:6], "validation": photographs[30:]}
    asked = [path for path, _ in photographs[6:30]]
    training = make_transfer(**job, config={**config, "augmentation": "mirror"}, unlabelled=asked)
    outcome = training.run()
    told = outcome["metrics"]["self_training"]
    assert told["asked"] == 24
    assert sum(told["taken"].values()) > 4
    assert outcome["metrics"]["epochs"] > 20
    assert ("self_training.csv" in outcome["files"]) == told["kept"]
    tuned = make_transfer(**job, config={**config, "fine_tune_epochs": 1}, unlabelled=asked)
    again = tuned.run()
    assert again["metrics"]["self_training"]["taken"] == told["taken"]
    assert "Fitting once more" in tuned.events("stage")
