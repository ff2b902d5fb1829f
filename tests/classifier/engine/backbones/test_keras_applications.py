"""The facts of each network of keras.applications are Keras's own; random weights stand for its."""

import inspect
import json
import sys
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pytest

from classifier.engine.backbones.keras_application import KerasApplication
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import WeightsUnavailable
from classifier.engine.foreign.architecture import read_architecture
from classifier.engine.runtime.predictor import Predictor

APPLICATIONS = [each for each in BACKBONES.values() if isinstance(each, KerasApplication)]
# What `make test` builds; the others take a minute each.
QUICK = ("mobilenet_v3_small", "vgg16")
EACH = [
    pytest.param(each, id=each.name, marks=[] if each.name in QUICK else pytest.mark.slow)
    for each in APPLICATIONS
]


def module_of(facts: KerasApplication):
    """Return the module of Keras that holds the network and its preprocessing."""
    build = getattr(keras.applications, facts.application)
    if facts.name == "resnet50_v2":
        return keras.applications.resnet_v2
    return sys.modules[inspect.unwrap(build).__module__]


@pytest.mark.parametrize("facts", APPLICATIONS, ids=lambda each: each.name)
def test_the_file_is_the_one_that_keras_downloads(facts):
    source = inspect.getsource(module_of(facts))
    if facts.name == "resnet50_v2":
        source += inspect.getsource(keras.src.applications.resnet)
    assert facts.weights.folder.rsplit("/", 1)[1] in source
    assert facts.weights.published in source
    assert bool(facts.weights.published) == (facts.name != "mobilenet_v2")
    ending = facts.weights.name.removesuffix(".h5").rsplit("_", 1)[1]
    assert ending in source
    assert facts.blocks == len(set(facts.before))


@pytest.mark.parametrize("facts", EACH)
def test_the_network_sees_and_says_what_keras_has_it_see_and_say(facts, tmp_path, write_weights):
    keras.utils.set_random_seed(0)
    build, size = getattr(keras.applications, facts.application), max(64, facts.least_size)
    weights = tmp_path / facts.weights.name
    write_weights(build(include_top=False, weights=None), weights)
    ours = facts.network(size, weights)
    theirs = build(
        include_top=False, weights=str(weights), pooling="avg", input_shape=(size, size, 3)
    )
    # People who fine-tuned it elsewhere may bring it along.
    written = json.dumps(keras.saving.serialize_keras_object(theirs)).encode()
    assert read_architecture(written)["config"]["layers"]
    pixels = np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype(np.float32)
    prepared = module_of(facts).preprocess_input(pixels.copy())
    expected = np.asarray(theirs(prepared, training=False))
    received = np.asarray(ours(pixels, training=False))
    facts.write_onnx(size, weights, tmp_path / "backbone.onnx")
    served = Predictor.load(tmp_path / "backbone.onnx").predict(pixels.astype(np.uint8))
    # Random weights make small vectors: what may differ is measured by the largest number.
    assert received.shape == served.shape == (2, facts.width)
    scale = np.abs(expected).max()
    assert np.ptp(expected, axis=0).max() > 1e-3 * scale
    assert np.abs(received - expected).max() <= 1e-4 * scale
    assert np.abs(served - received).max() <= 1e-4 * scale
    assert ours.count_params() == facts.parameters

    trained = [thawed(facts, ours, blocks) for blocks in range(1, facts.blocks + 1)]
    assert all(before < after for before, after in pairwise(trained))
    assert 0 < trained[0] < trained[-1] <= facts.parameters


def thawed(facts: KerasApplication, network: keras.Model, blocks: int) -> int:
    """Return how many weights fine-tuning changes, with so many blocks."""
    facts.thaw(network, blocks)
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def test_a_file_of_another_network_is_named(tmp_path: Path, write_weights):
    facts = BACKBONES["mobilenet_v3_small"]
    write_weights(keras.applications.MobileNetV2(include_top=False, weights=None), tmp_path / "a")
    with pytest.raises(WeightsUnavailable, match="a is damaged or of another network"):
        facts.network(64, tmp_path / "a")
