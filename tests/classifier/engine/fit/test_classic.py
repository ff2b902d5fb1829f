"""Classic methods: accurate on digits, and what is served answers as scikit-learn does."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import skops.io
from PIL import Image
from sklearn.datasets import load_digits

from classifier.engine.errors import BadData, Cancelled, InvalidConfig, TimeIsUp
from classifier.engine.fit.classic.allowed_types import ALLOWED
from classifier.engine.fit.classic.fitting import (
    MOST_LEAVES,
    ClassicJob,
    fit_classic,
)
from classifier.engine.fit.classic.growing import Grown, grown
from classifier.engine.fit.classic.matrices import check_size
from classifier.engine.fit.pretrained import ComputedVectors, Pretrained
from classifier.engine.fit.training import train
from classifier.engine.formats.classic.model_file import classic_head, feature_session
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import TrainingSamples
from classifier.engine.validation import watched_places
from classifier.engine.watch import Watch
from common.pixels import read_pixels
from tests.classifier.engine.classic import Listener, by_script
from tests.classifier.engine.file_pixels import FilePixels
from tests.classifier.engine.recorded import effective, recorded

CLASSIC = [name for name, preset in PRESETS.items() if preset.kind == "classic"]
SMALL = {"input": "pixels", "side": 8}


@pytest.fixture(scope="module")
def all_digits(tmp_path_factory):
    """The 1,797 digits of scikit-learn as PNG files: (train, validation, test), seed 0."""
    folder = tmp_path_factory.mktemp("all_digits")
    source = load_digits()
    samples = []
    for number, image in enumerate(source.images):
        path = folder / f"{number}.png"
        Image.fromarray((image * 255 / 16).astype(np.uint8)).save(path)
        samples.append((str(path), int(source.target[number])))
    order = np.random.default_rng(0).permutation(len(samples))
    parts = np.split(order, [len(order) // 5, len(order) * 3 // 10])
    test, validation, learned = ([samples[place] for place in sorted(part)] for part in parts)
    return sorted(learned), validation, test


def fitted(preset, samples, folder, *, listener=None, names=None, limit=None, **config):
    settings, read = checked_config(preset, {**SMALL, **config}), set()
    outcome = train(
        samples=TrainingSamples(train=samples[0], validation=samples[1], pixels=FilePixels()),
        config=recorded(settings, read),
        preset=preset,
        class_names=names or [str(digit) for digit in range(10)],
        output_dir=folder,
        weights_dir=None,
        backbones_dir=folder / "backbones",
        observer=listener or Listener(),
        checkpoint_dir=None,
        time_limit_seconds=limit,
    )
    # What is taken is used: a setting that is never looked at has no place in the preset.
    assert effective(PRESETS[preset], settings) - read == set()
    return outcome


def pixels_of(samples, side=8) -> np.ndarray:
    return np.stack([read_pixels(Path(path), side) for path, _ in samples])


@pytest.mark.parametrize("preset", CLASSIC)
def test_a_method_is_fitted_served_read_again_and_repeated_by_its_script(
    preset, all_digits, tmp_path
) -> None:
    listener = Listener()
    fewer = {"rounds": 40} if preset == "gradient_boosting" else {}
    outcome = fitted(preset, all_digits, tmp_path, listener=listener, **fewer)
    assert list(outcome.files) == ["model.onnx", "model.skops", "training_script.py"]
    onnx.checker.check_model(str(tmp_path / "model.onnx"), full_check=True)
    served = Predictor.load(tmp_path / "model.onnx", outcome.files["model.onnx"]["sha256"])
    test, truth = pixels_of(all_digits[2]), np.array([label for _, label in all_digits[2]])
    answers, numbers = served.predict_with_vectors(test)
    accuracy = (answers.argmax(axis=1) == truth).mean()
    assert accuracy >= (0.83 if preset == "decision_tree" else 0.95)
    assert outcome.metrics["memory_bytes"] > 20 << 20
    validation = np.array([label for _, label in all_digits[1]])
    told, seen = listener.answers, pixels_of(all_digits[1])
    share = told.correct.sum() / len(validation)
    assert share == pytest.approx(outcome.metrics["val_accuracy"])
    watched = served.predict(seen[watched_places(validation, 0)])
    assert told.predicted.tolist() == watched.argmax(axis=1).tolist()

    # scikit-learn, by way of skops and a list of types, on numbers that the file gave out.
    pipeline = skops.io.load(tmp_path / "model.skops", trusted=ALLOWED)
    np.testing.assert_allclose(answers, pipeline.predict_proba(numbers), atol=1e-4)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(classic_head(tmp_path / "model.onnx")(numbers), answers, atol=1e-6)
    same = feature_session(checked_config(preset, SMALL).plan)(test)
    np.testing.assert_allclose(numbers, same, atol=1e-7)

    names = [str(digit) for digit in range(10)]
    assert by_script(tmp_path, all_digits, names) == pytest.approx(accuracy, abs=0.01)

    assert PRESETS[preset].steps is None or PRESETS[preset].steps.word in listener.units
    shown = outcome.metrics["importances"]
    if PRESETS[preset].importance:
        assert len(shown["top"]) > 5
        assert len(shown["map"]) == 8
        # The corners of a digit are empty.
        assert shown["map"][0][0] < 20 < max(map(max, shown["map"])) == 100
    else:
        assert shown is None


@pytest.mark.parametrize(
    ("preset", "config"),
    [
        ("logistic_regression", {"input": "hog", "side": 16, "principal_components": 30}),
        ("linear_svm", {"input": "hog_lbp_colours", "side": 16}),
        ("rbf_svm", {"input": "lbp", "side": 16, "cells": 2, "principal_components": 10}),
        ("k_nearest_neighbours", {"colour": True, "standardise": True}),
        ("random_forest", {"input": "colours", "side": 16, "trees": 15}),
    ],
)
def test_two_of_three_classes_and_other_inputs(preset, config, digits, tmp_path) -> None:
    """A class without train images is never answered; two classes take other operators."""
    samples = [sorted(each for each in part if each[1] in (1, 2)) for part in digits]
    names = ["none", "one", "two", "three"]
    outcome = fitted(preset, [samples[0], []], tmp_path, names=names, **config)
    assert outcome.metrics["val_loss"] is None
    served = Predictor.load(tmp_path / "model.onnx")
    test = pixels_of(samples[1], served.views[0].size)
    answers, numbers = served.predict_with_vectors(test)
    assert (answers[:, [0, 3]] == 0).all()
    pipeline = skops.io.load(tmp_path / "model.skops", trusted=ALLOWED)
    np.testing.assert_allclose(answers[:, 1:3], pipeline.predict_proba(numbers), atol=1e-4)

    right = (answers.argmax(axis=1) == [label for _, label in samples[1]]).mean()
    assert by_script(tmp_path, [samples[0], [], samples[1]], names) == pytest.approx(
        right, abs=0.01
    )


def test_a_fit_in_steps_is_the_fit_in_one() -> None:
    values, labels = load_digits(return_X_y=True)
    values = values[:300].astype(np.float32)
    rare = (labels[:300] != 1) | (np.arange(300) % 3 == 0)
    values, labels = values[rare], labels[:300][rare]
    for name, setting in (("random_forest", "trees"), ("gradient_boosting", "rounds")):
        preset, config = PRESETS[name], checked_config(name, {setting: 14, "seed": 5})
        steps, _ = grown(preset, config, values, labels, Watch(Listener()))
        whole = preset.estimator(config, 0).fit(values, labels)
        assert np.array_equal(steps.predict_proba(values), whole.predict_proba(values))


def test_what_cannot_be_fitted_is_told_in_a_sentence(digits, tmp_path, monkeypatch) -> None:
    lonely = [[*digits[0][:60], (digits[0][0][0], 10)], []]
    names = [str(digit) for digit in range(11)]
    with pytest.raises(BadData, match=r"needs two train images of each class.*'10' has one"):
        fitted("linear_svm", lonely, tmp_path, names=names)
    fitted("logistic_regression", lonely, tmp_path, names=names)
    with pytest.raises(BadData, match=r"needs 62 train images with these settings.* has 61"):
        fitted("k_nearest_neighbours", lonely, tmp_path, names=names, neighbours=62)

    monkeypatch.setattr(type(PRESETS["rbf_svm"]), "most_images", 60)
    with pytest.raises(BadData, match=r"learns from 60 images at most.* The train split has 400"):
        fitted("rbf_svm", digits, tmp_path)
    monkeypatch.setattr(type(PRESETS["k_nearest_neighbours"]), "most_stored", 64 * 399)
    with pytest.raises(BadData, match="400 images of 64 numbers each are 25,600 numbers; at most"):
        fitted("k_nearest_neighbours", digits, tmp_path)
    fitted("k_nearest_neighbours", digits, tmp_path, principal_components=63)
    with pytest.raises(BadData, match="at most 8 can be computed"):
        check_size(3, 3, 8, "computed")

    boosting = PRESETS["gradient_boosting"]
    most = checked_config("gradient_boosting", {"rounds": 500, "most_leaves": 63})
    assert boosting.leaves(most, 2) <= MOST_LEAVES < boosting.leaves(most, 100)
    forest = checked_config("random_forest", {"trees": 500, "most_leaves": 2000})
    assert PRESETS["random_forest"].leaves(forest, 10) <= MOST_LEAVES
    monkeypatch.setattr("classifier.engine.fit.classic.fitting.MOST_LEARNED", 2 * 9 * 50 * 10 - 1)
    with pytest.raises(BadData, match="up to 9,000 shares of classes with these settings, 10"):
        fitted("random_forest", digits, tmp_path, trees=9, most_leaves=50)
    monkeypatch.undo()

    monkeypatch.setattr("classifier.engine.fit.classic.trained.MOST_BYTES", 1000)
    with pytest.raises(BadData, match=r"The model takes .* can be served"):
        fitted("decision_tree", digits, tmp_path)
    with pytest.raises(InvalidConfig, match="side must be at least 8, twice the cells, where hog"):
        checked_config("decision_tree", {"input": "hog", "side": 7})
    assert not list(tmp_path.glob("numbers-*"))


def test_it_stops_when_told_and_when_its_time_is_up(digits, tmp_path) -> None:
    for preset, stage in (("rbf_svm", "Fitting on 400 images"), ("random_forest", "Growing")):
        with pytest.raises(Cancelled):
            fitted(preset, digits, tmp_path, listener=Listener(stage))
    with pytest.raises(TimeIsUp, match="limit of 0 s before the method was fitted"):
        fitted("logistic_regression", digits, tmp_path, limit=0)

    class Late(Listener):
        def progress(self, done, total, unit, *rest) -> None:
            if unit == "trees":
                watch.limit_time(0.0, 1.0)

    watch = Watch(Late())
    samples = TrainingSamples(train=digits[0], validation=digits[1], pixels=FilePixels())
    store = Pretrained(
        weights_dir=None, backbones_dir=tmp_path, vectors=ComputedVectors(FilePixels())
    )
    config = checked_config("random_forest", {**SMALL, "trees": 50})
    names = [str(digit) for digit in range(10)]
    job = ClassicJob(PRESETS["random_forest"], config, samples, names, store)
    found = fit_classic(job, watch, tmp_path)
    assert found.grown == Grown("trees", 4, 50, time_is_up=True)
    assert found.figures["val_accuracy"] > 0.4


def test_neighbours_at_equal_distances_are_no_fault_of_the_file(all_digits, tmp_path) -> None:
    parts = (all_digits[0][:60], all_digits[1][:5])
    few = {"input": "lbp", "side": 4, "cells": 2}
    outcome = fitted("k_nearest_neighbours", parts, tmp_path, **few)
    assert outcome.parity["max_abs_difference"] <= 1e-6
    assert outcome.parity["images"] < 16, "histograms of 16 pixels are often equally far apart"
