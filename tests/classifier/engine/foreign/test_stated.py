"""What a file says of its network, compared with what a person says."""

import json

import numpy as np
import pytest

from classifier.engine.foreign.architecture import read_architecture
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.scaling import SCALINGS, Input, scaled
from classifier.engine.foreign.stated import read_keras_version, read_stated
from classifier.engine.foreign.stating import check_classes, check_size, remarks
from classifier.engine.foreign.trial import judge_trial
from tests.classifier.engine.foreign.attacks import functional
from tests.classifier.engine.foreign.crafted import (
    colour_layers,
    colour_network,
    layer,
    policy,
    sequential,
)


def stated(config):
    return read_stated(read_architecture(json.dumps(config).encode()))


def test_a_network_says_what_goes_in_and_what_comes_out():
    said = stated(colour_network("softmax"))
    assert (said.size, said.outputs, said.answers, said.layers) == (16, 3, "softmax", 3)
    assert stated(colour_network()).answers == "logits"
    assert stated(colour_network("sigmoid", units=1)).answers == "sigmoid"
    softmax = sequential(*colour_layers(), layer("Activation", activation="softmax"))
    assert (stated(softmax).answers, stated(softmax).outputs) == ("softmax", 3)
    # The last network's own last layer, behind what changes no number.
    inner = sequential(sequential(*colour_layers("softmax")), layer("Dropout", rate=0.5))
    assert (stated(inner).answers, stated(inner).outputs) == ("softmax", 3)
    any_size = sequential(*colour_layers(), shape=(None, None, None, 3))
    assert stated(any_size).size is None


def test_layers_that_touch_pixels_are_told_and_compared():
    inside = [
        layer("Rescaling", scale=1 / 127.5, offset=-1.0),
        layer("RandomFlip", mode="horizontal", seed=3, data_format="channels_last"),
        layer("Normalization", axis=[-1], mean=[0.4, 0.4, 0.4], variance=[1.0, 1.0, 1.0]),
    ]
    said = stated(sequential(*inside, *colour_layers()))
    assert said.steps[0] == "Rescaling: x × 0.00784314 + -1"
    assert said.steps[1] == "RandomFlip: in training alone"
    assert said.rescales
    # Behind the first weights it is features that are scaled.
    assert stated(sequential(*colour_layers(), layer("Rescaling", scale=2.0))).steps == ()
    twice = remarks(said, Input(size=16, scaling="0..1", channels="rgb"))
    assert any("done twice" in each for each in twice)
    assert any("adds softmax" in each for each in twice)
    plain = remarks(said, Input(size=16, scaling="0..255", channels="bgr"))
    assert not any("done twice" in each for each in plain)
    assert any("BGR, as you say" in each for each in plain)


REFUSED = {
    "grey": (sequential(*colour_layers(), shape=(None, 16, 16, 1)), "one_channel"),
    "channels first": (sequential(*colour_layers(), shape=(None, 3, 16, 16)), "channels_first"),
    "channels first inside": (
        sequential(layer("GlobalAveragePooling2D", data_format="channels_first")),
        "channels_first",
    ),
    "not square": (sequential(*colour_layers(), shape=(None, 16, 20, 3)), "not_square"),
    "no image": (sequential(*colour_layers(), shape=(None, 30)), "not_an_image"),
    "huge": (sequential(*colour_layers(), shape=(None, 4000, 4000, 3)), "bad_size"),
    "several labels": (colour_network("sigmoid"), "many_labels"),
    "relu at the end": (colour_network("relu"), "last_activation"),
    "quantized": (
        sequential(layer("Dense", units=3, dtype=policy("int8_from_float32"))),
        "precision_not_allowed",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_loupe_cannot_feed_is_refused_by_name(what):
    config, code = REFUSED[what]
    with pytest.raises(ForeignRefused) as caught:
        stated(config)
    assert caught.value.code == code


def test_several_inputs_and_outputs_are_refused():
    for key, code in (("input_layers", "several_inputs"), ("output_layers", "several_outputs")):
        config = functional(layer("Add", "keras.src.ops.numpy"))
        config["config"][key] *= 2
        with pytest.raises(ForeignRefused) as caught:
            stated(config)
        assert caught.value.code == code


def test_sizes_names_and_versions_are_compared():
    said = stated(colour_network())
    assert check_size(said, None) == check_size(said, 16) == 16
    with pytest.raises(ForeignRefused, match=r"takes 16 × 16 pixels; you say 32 × 32"):
        check_size(said, 32)
    any_size = stated(sequential(*colour_layers(), shape=(None, None, None, 3)))
    assert check_size(any_size, 64) == 64
    with pytest.raises(ForeignRefused, match="say the one"):
        check_size(any_size, None)
    check_classes(3, ["a", "b", "c"])
    check_classes(1, ["no", "yes"])
    check_classes(None, ["a", "b"])
    with pytest.raises(ForeignRefused, match="has 10 outputs; you name 9 classes"):
        check_classes(10, list("abcdefghi"))
    with pytest.raises(ForeignRefused, match="has 1 output, which tells two classes apart"):
        check_classes(1, ["one"])
    assert read_keras_version(b'{"keras_version": "3.4.1"}') == "3.4.1"
    assert read_keras_version(b"{}") == ""
    with pytest.raises(ForeignRefused, match=r"saved by Keras 2\.15\.0"):
        read_keras_version(b'{"keras_version": "2.15.0"}')


def test_pixels_are_scaled_as_the_formulas_say():
    class Numbers:
        """NumPy by Keras's names."""

        subtract, divide, flip = np.subtract, np.divide, np.flip

        @staticmethod
        def cast(values, kind):
            return np.asarray(values, kind)

    pixel = np.array([[[[255, 128, 0]]]], np.uint8)
    expected = {
        "0..1": [1, 128 / 255, 0],
        "-1..1": [1, 128 / 127.5 - 1, -1],
        "0..255": [255, 128, 0],
        "torch": [(1 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, -0.406 / 0.225],
        "caffe": [0 - 103.939, 128 - 116.779, 255 - 123.68],
    }
    assert expected.keys() == SCALINGS.keys()
    for name, values in expected.items():
        found = scaled(pixel, SCALINGS[name], SCALINGS[name].channels, Numbers)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.ravel(), values, atol=1e-4)


def test_a_trial_names_a_wrong_scaling_a_wrong_order_and_chance():
    names, truth = ["cat", "ant", "bee"], ["ant", "bee", "cat"] * 8
    right = [names.index(name) for name in truth]
    in_order = [sorted(names).index(name) for name in truth]
    well = judge_trial(truth, names, {"": right, "torch": right}, "0..1")
    assert well.well
    assert (well.right, well.chance, well.in_order) == (24, 8, 0)
    scaling = judge_trial(truth, names, {"": [0] * 24, "-1..1": right, "torch": [1] * 24}, "0..1")
    assert not scaling.well
    assert "on 24 with pixel / 127.5 − 1 (-1..1): the scaling is probably wrong" in scaling.sentence
    order = judge_trial(truth, names, {"": in_order, "torch": in_order}, "0..1")
    assert (order.in_order, order.well) == (24, False)
    assert "in alphabetical order: the order is probably wrong" in order.sentence
    chance = judge_trial(truth, names, {"": [0] * 24, "torch": [1] * 24}, "0..1")
    assert not chance.well
    assert "that is at chance" in chance.sentence
