"""Training: what it tells, what it leaves, that it can be repeated, resumed and stopped."""

import json
import os
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifier.engine.errors import BadData
from classifier.engine.files import sha256_of
from classifier.engine.measure.evaluation import evaluate
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import TrainingSamples
from classifier.engine.validation import watched_places
from tests.classifier.engine.file_pixels import FilePixels

Make = Callable[..., object]


def answers(training, samples) -> np.ndarray:
    predictor = Predictor.load(training.output_dir / "model.onnx")
    rows = FilePixels().rows([path for path, _ in samples], predictor.views[0].size)
    return predictor.predict_rows(rows, lambda *_: None)


def _gain(training) -> float:
    (path,) = Path(training.job["measured_dir"]).iterdir()
    seconds = json.loads(path.read_text())
    return seconds["float32"] / seconds["bfloat16"]


def test_training_tells_every_epoch_and_its_progress(trained) -> None:
    training, outcome = trained
    rows = training.events("epoch")
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert all(0 <= row["val_accuracy"] <= 1 and row["seconds"] > 0 for row in rows)
    assert rows[-1]["learning_rate"] < rows[1]["learning_rate"]

    progress = training.events("progress")
    messages = [message for _, _, _, message, _, _ in progress]
    assert messages[0] == "Reading the images"
    # Each step says its name before its first sign of progress, so the page is never silent.
    told = training.events("stage")
    assert told.pop(2) == (
        f"Training in {outcome['metrics']['precision']}: here bfloat16 is {_gain(training):.1f} "
        "times as fast as float32"
    )
    assert told == [
        "Looking for a checkpoint",
        "Measuring which precision is fast here",
        "Building the network",
        "Reading the images",
        "Compiling the network for the first step",
        "Writing the model",
    ]
    assert "Epoch 6 of 6" in messages
    done, total, unit, *_ = progress[-1]
    assert done == total == 6 * 320
    assert unit == "images"


def test_the_best_epoch_is_the_outcome(trained) -> None:
    training, outcome = trained
    rows = training.events("epoch")
    best = min(rows, key=lambda row: row["val_loss"])
    assert outcome["best_epoch"] == best["epoch"]
    assert outcome["metrics"]["val_accuracy"] == best["val_accuracy"]
    assert outcome["metrics"]["epochs"] == 6
    assert outcome["metrics"]["stopped"]["reason"] == "completed"
    assert outcome["metrics"]["stopped"]["planned_epochs"] == 6
    assert outcome["libraries"].keys() >= {"python", "tensorflow", "keras", "onnxruntime"}


def test_the_written_model_is_the_best_epoch(trained) -> None:
    training, outcome = trained
    validation = training.job["validation"]
    report = evaluate(
        answers(training, validation),
        [index for _, index in validation],
        training.job["class_names"],
    )
    assert report.accuracy == pytest.approx(outcome["metrics"]["val_accuracy"])
    assert report.log_loss == pytest.approx(outcome["metrics"]["val_loss"], abs=1e-4)
    assert report.accuracy >= 0.85


def test_answers_on_validation_come_with_each_epoch(trained) -> None:
    training, outcome = trained
    validation, told = training.job["validation"], training.events("answers")
    for row, found in zip(training.events("epoch"), told, strict=True):
        assert sum(found["correct"]) / len(validation) == pytest.approx(row["val_accuracy"])
        assert row["memory_bytes"] > 20 << 20
        assert row["gpu_memory_bytes"] is None
    assert outcome["metrics"]["memory_bytes"] == max(
        row["memory_bytes"] for row in training.events("epoch")
    )
    # Those of the best epoch are what the written file answers.
    served = answers(training, validation)
    truth = np.array([index for _, index in validation])
    right = truth[served.argmax(axis=1) == truth]
    best = told[outcome["best_epoch"] - 1]
    assert best["correct"] == np.bincount(right, minlength=10).tolist()
    watched = served[watched_places(truth, training.job["config"]["seed"])]
    assert best["predicted"] == watched.argmax(axis=1).tolist()
    np.testing.assert_allclose(best["probability"], watched.max(axis=1), atol=1e-4)


def test_files_carry_their_hash_their_classes_and_agree(trained) -> None:
    training, outcome = trained
    for name in ("model.keras", "model.onnx"):
        path = training.output_dir / name
        assert outcome["files"][name] == {
            "sha256": sha256_of(path),
            "bytes": path.stat().st_size,
        }
    with zipfile.ZipFile(training.output_dir / "model.keras") as archive:
        facts = json.loads(archive.read("loupe.json"))
    assert facts["class_names"] == training.job["class_names"]
    assert (facts["image_size"], facts["preset"]) == (16, "cnn_tiny")
    assert outcome["parity"]["max_abs_difference"] <= 1e-5
    assert sorted(path.name for path in training.output_dir.iterdir()) == [
        "model.keras",
        "model.onnx",
        "training_script.py",
    ]


def test_the_keras_file_loads_and_takes_raw_pixels(trained, digits) -> None:
    import keras

    training, _ = trained
    model = keras.saving.load_model(training.output_dir / "model.keras", compile=False)
    predictor = Predictor.load(training.output_dir / "model.onnx")
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)
    for pixels in (images, images.astype(np.float32)):
        np.testing.assert_allclose(
            model.predict(pixels, verbose=0), predictor.predict(list(images)), atol=1e-5
        )


def test_the_served_file_gives_each_images_vector_too(trained) -> None:
    training, _ = trained
    predictor = Predictor.load(training.output_dir / "model.onnx")
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)
    answers, vectors = predictor.predict_with_vectors(images)
    assert np.array_equal(answers, predictor.predict(images))
    assert vectors.ndim == 2
    assert vectors.shape[1] > answers.shape[1] == 10
    assert len(np.unique(vectors, axis=0)) == 5


def test_a_killed_training_resumes_to_the_same_curve_bit_for_bit(
    trained, make_training, digits
) -> None:
    whole, _ = trained
    training = make_training()
    process = training.start()
    deadline = time.monotonic() + 120
    while len(training.events("epoch")) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.join(10)
    assert process.exitcode == -signal.SIGKILL
    told = len(training.events("epoch"))
    assert 2 <= told < 6
    assert not training.output_dir.exists()

    training.run()

    again = training.curve()[told:]
    assert again[0]["epoch"] >= 2, "the resumed training began at the start"
    by_number = {row["epoch"]: row for row in training.curve()}
    assert [by_number[number] for number in sorted(by_number)] == whole.curve()
    assert np.array_equal(answers(training, digits[1]), answers(whole, digits[1]))


def test_a_finished_training_run_again_only_writes_its_files(
    trained, make_training, digits
) -> None:
    whole, _ = trained
    training = make_training(checkpoint_dir=whole.job["checkpoint_dir"])
    outcome = training.run()
    assert training.events("epoch") == []
    assert outcome["metrics"]["epochs"] == 6
    assert np.array_equal(answers(training, digits[1]), answers(whole, digits[1]))


def test_cancelling_ends_with_a_name_and_leaves_a_checkpoint(make_training) -> None:
    training = make_training(stop_after=1, config={"epochs": 500, "image_size": 16})
    result = training.run()
    assert result["error"]["code"] == "cancelled"
    assert len(training.events("epoch")) < 10
    assert list(Path(training.job["checkpoint_dir"]).glob("epoch-*"))
    assert not training.output_dir.exists()
    # Gone on with when the time is up, by what the first attempt took: its best epoch is the model.
    epochs = len(training.events("epoch"))
    training.job |= {"stop_after": None, "time_limit_seconds": 0.001}
    outcome = training.run()
    assert len(training.events("epoch")) == epochs, "no further epoch"
    stopped = outcome["metrics"]["stopped"]
    assert (stopped["reason"], stopped["stage"]) == ("time_limit", "training")
    assert (stopped["epoch"], stopped["planned_epochs"]) == (epochs, 500)
    assert outcome["best_epoch"] <= epochs
    assert (training.output_dir / "model.onnx").is_file()


def test_a_time_limit_before_the_first_epoch_is_a_failure_with_a_name(make_training) -> None:
    training = make_training(time_limit_seconds=0.001)
    error = training.run()["error"]
    assert error["code"] == "timed_out"
    assert "before its first epoch had ended" in error["detail"]
    assert not training.output_dir.exists()


def test_early_stopping_ends_and_keeps_the_best_epoch(make_training) -> None:
    config = {
        "epochs": 40,
        "image_size": 8,
        "learning_rate": 0.03,
        "early_stopping_patience": 2,
    }
    training = make_training(config=config)
    outcome = training.run()
    rows = training.events("epoch")
    assert len(rows) < 40
    assert outcome["best_epoch"] == len(rows) - 2
    assert outcome["metrics"]["val_accuracy"] == rows[-3]["val_accuracy"]
    assert outcome["metrics"]["stopped"] == {
        "reason": "early_stopping",
        "stage": "training",
        "epoch": len(rows),
        "planned_epochs": 40,
        "patience": 2,
    }


@pytest.mark.parametrize(
    ("train", "sentence"),
    [
        ([], "The train split is empty."),
        ([("a.png", 0), ("b.png", 0)], "only 'cat'"),
        ([("a.png", 0), ("b.png", 2)], "from 0 to 1; received 2"),
    ],
)
def test_samples_nothing_can_be_learned_from(train, sentence) -> None:
    samples = TrainingSamples(train=train, validation=[], pixels=FilePixels())
    with pytest.raises(BadData, match=sentence):
        samples.check(["cat", "dog"])


def test_two_images_and_no_validation_split_are_enough(make_training, digits) -> None:
    two = [digits[0][0], digits[0][1]]
    training = make_training(
        train=two, validation=[], class_names=["zero", "one"], config={"epochs": 2}
    )
    outcome = training.run()
    assert outcome["best_epoch"] == 2
    assert [row["val_accuracy"] for row in training.events("epoch")] == [None, None]


def test_bfloat16_trains_and_is_saved_as_float32(make_training, digits) -> None:
    training = make_training(config={"epochs": 4, "image_size": 16, "precision": "bfloat16"})
    outcome = training.run()
    assert outcome["metrics"]["precision"] == "bfloat16"
    assert outcome["parity"]["max_abs_difference"] <= 1e-5
    validation = training.job["validation"]
    report = evaluate(
        answers(training, validation),
        [index for _, index in validation],
        training.job["class_names"],
    )
    assert report.accuracy == pytest.approx(outcome["metrics"]["val_accuracy"], abs=0.05)


def test_photographs_train_the_small_network(make_training, tmp_path) -> None:
    noise = np.random.default_rng(0)
    samples = []
    for number in range(24):
        base = np.array([200, 60, 60]) if number % 2 else np.array([60, 60, 200])
        pixels = (base + noise.normal(0, 20, (90, 120, 3))).clip(0, 255).astype(np.uint8)
        path = tmp_path / f"{number}.jpg"
        Image.fromarray(pixels).save(path)
        samples.append((str(path), number % 2))
    training = make_training(
        preset="cnn_small",
        config={"epochs": 6, "image_size": 64, "batch_size": 8},
        class_names=["blue", "red"],
        train=samples[:16],
        validation=samples[16:],
    )
    outcome = training.run()
    assert outcome["metrics"]["val_accuracy"] == 1.0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_named_and_leaves_nothing_half_written(make_training, tmp_path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this container may not mount a tmpfs")
    try:
        training = make_training(checkpoint_dir=str(disk / "checkpoints"))
        error = training.run()["error"]
        left = [path.name for path in (disk / "checkpoints").iterdir()]
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert error["code"] == "disk_full"
    assert not [name for name in left if not name.startswith("epoch-")]


@pytest.mark.parametrize("field", ["loss", "val_loss"])
def test_a_training_that_diverges_is_named(field: str) -> None:
    from classifier.engine.curves import EpochMetrics
    from classifier.engine.fit.fitting import _require_finite

    row = dict.fromkeys(EpochMetrics.__dataclass_fields__, 0.5) | {"epoch": 3}
    _require_finite(EpochMetrics(**row), 0.5)
    sentence = "diverged: after epoch 3 .* The learning rate was 0.5 there and 0.8 at its highest."
    with pytest.raises(BadData, match=sentence) as caught:
        _require_finite(EpochMetrics(**row | {field: float("nan")}), 0.8)
    assert caught.value.hint == "Choose a smaller learning rate."
