"""Odd sets that people upload: each trains, or the training says why it cannot."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from classifier.engine.errors import BadData
from classifier.engine.fit.training import train
from classifier.engine.measure.evaluation import evaluate
from classifier.engine.measure.report import Report
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import TrainingSamples
from tests.bench.heads import Silent
from tests.classifier.engine.file_pixels import FilePixels

SMALL = {"image_size": 64, "epochs": 3, "batch_size": 8}
HISTOGRAMS = {"input": "colours", "side": 16, "cells": 2}


@pytest.fixture(scope="module")
def backbones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backbones")


@pytest.fixture
def fit(tmp_path: Path, backbones: Path):
    def run(train_part, validation, names, preset="efficientnet_lite0", **options: Any):
        config = options.pop("config", SMALL)
        return train(
            samples=TrainingSamples(train=train_part, validation=validation, pixels=FilePixels()),
            config=checked_config(preset, config),
            preset=preset,
            class_names=names,
            output_dir=tmp_path / "model",
            weights_dir=None,
            backbones_dir=backbones,
            observer=Silent(),
            checkpoint_dir=tmp_path / "checkpoints",
            **options,
        )

    return run


def _write(folder: Path, name: str, pixels: Any) -> str:
    path = folder / name
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return str(path)


@pytest.fixture
def dots(tmp_path: Path):
    """Images of one pixel: ten reddish ones and ten bluish ones."""
    samples = []
    for number in range(20):
        pixel = [200 - number, 20, 30] if number % 2 else [20, 30, 200 - number]
        samples.append((_write(tmp_path, f"{number}.png", [[pixel]]), number % 2))
    return samples


@pytest.mark.parametrize(
    ("preset", "config"),
    [
        ("efficientnet_lite0", {**SMALL, "epochs": 30, "learning_rate": 0.01}),
        ("decision_tree", HISTOGRAMS),
    ],
)
def test_images_of_one_pixel_have_a_colour(fit, dots, tmp_path, preset, config) -> None:
    outcome = fit(dots[:14], dots[14:], ["blue", "red"], preset, config=config)
    assert outcome.metrics["val_accuracy"] == 1.0
    model = Predictor.load(tmp_path / "model" / "model.onnx")
    pixels = next(FilePixels().rows([dots[1][0]], model.views[0].size).batches(np.arange(1), 1))
    assert model.predict(list(pixels)).argmax() == 1


@pytest.mark.parametrize(
    ("preset", "config", "seen_as"),
    [
        ("efficientnet_lite0", SMALL, "to the pretrained network"),
        ("random_forest", HISTOGRAMS, "by these numbers"),
    ],
)
def test_an_all_black_set_is_refused(fit, tmp_path, preset, config, seen_as) -> None:
    black = [(_write(tmp_path, f"{n}.png", np.zeros((10 + n, 12, 3))), n % 2) for n in range(12)]
    with pytest.raises(BadData, match=f"All 10 training images are the same {seen_as}") as caught:
        fit(black[:10], black[10:], ["day", "night"], preset, config=config)
    assert "all black" in caught.value.hint
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".png"]


def test_a_network_from_nothing_refuses_an_all_black_set(make_training, tmp_path) -> None:
    black = [(_write(tmp_path, f"{n}.png", np.zeros((10 + n, 12, 3))), n % 2) for n in range(12)]
    training = make_training(class_names=["day", "night"], train=black[:10], validation=black[10:])
    error = training.run()["error"]
    assert (error["code"], error["detail"].split(":")[0]) == (
        "bad_data",
        "All 10 training images are the same pixel by pixel",
    )


@pytest.mark.parametrize(
    "treatment",
    [{}, {"synthetic": 1.0}, {"balance": "balanced_sampling"}, {"balance": "class_weights"}],
)
def test_one_image_in_a_class_and_none_to_validate_with(fit, dots, treatment) -> None:
    blue, red = dots[::2], dots[1::2]
    outcome = fit([*blue[:7], red[0]], blue[7:], ["blue", "red"], config={**SMALL, **treatment})
    assert np.isfinite(outcome.metrics["val_loss"])
    assert outcome.metrics["synthetic"] == ({"red": 6} if "synthetic" in treatment else {})


def test_a_method_that_needs_two_images_of_a_class_names_the_class(fit, dots) -> None:
    blue, red = dots[::2], dots[1::2]
    with pytest.raises(BadData, match=r"needs two train images of each class.*'red' has one"):
        fit([*blue, red[0]], [], ["blue", "red"], "linear_svm", config={"input": "vectors"})


class Drawn:
    """Vectors of contents as they come, for a training that is about its classes."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __call__(self, backbone, samples, twins, watch):
        return [np.stack([self._values[index] for _, index in samples])]


def test_two_thousand_classes(fit, dots, tmp_path) -> None:
    classes = 2_000
    directions = np.random.default_rng(0).normal(0, 1, (classes, 1280)).astype(np.float32)
    every = [(dots[number % 20][0], number) for number in range(classes)]
    config = {"image_size": 64, "epochs": 3, "batch_size": 500, "learning_rate": 0.05, "dropout": 0}
    names = [f"species {number:04}" for number in range(classes)]
    outcome = fit([*every, *every], every[::4], names, config=config, vectors=Drawn(directions))
    assert outcome.metrics["val_accuracy"] > 0.9
    model = Predictor.load(tmp_path / "model" / "model.onnx")
    assert len(model.class_names) == classes

    truth = np.arange(classes)
    said = np.eye(classes, dtype=np.float32)[np.roll(truth, 1)] * 0.5
    said[truth, truth] += np.where(truth % 10, 0.6, 0)
    report = evaluate(said / said.sum(axis=1, keepdims=True), truth, names)
    assert report.accuracy == pytest.approx(0.9)
    again = Report.from_json(report.to_json())
    assert again.per_class[1].class_name == "species 0001"
    drawn = report.confusion_matrix.of_most_mistaken(100)
    assert len(drawn.class_names) == 100
    assert drawn.class_names[:2] == ("species 0000", "species 0009"), "a mistake and what it hit"
    assert report.confusion_matrix.of_most_mistaken(classes) is report.confusion_matrix
