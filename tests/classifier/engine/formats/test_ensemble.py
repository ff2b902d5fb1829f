"""An ensemble's file: each member answers as by itself, and what they share is there once."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper, numpy_helper

from classifier.engine.errors import BadModelFile
from classifier.engine.fit.combining import crossed, fit_combination, fit_weighted
from classifier.engine.fit.head import Head
from classifier.engine.formats.combination import Mean, equal
from classifier.engine.formats.compose import take_apart, write_composed
from classifier.engine.formats.ensemble import (
    answers_of,
    check_ensemble,
    merged,
    write_ensemble,
)
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.int8 import write_int8
from classifier.engine.measure.ensemble import METHODS
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import View, joined, parted, shape_of
from tests.classifier.small_backbone import PIXELS, SIZE, WIDTH, write_backbone

NAMES = ("blue", "green", "red")


@pytest.fixture
def heads(tmp_path):
    """Three heads on one backbone; the last has its classes in another order."""
    write_backbone(tmp_path / "backbone.onnx")
    found = []
    for seed in range(3):
        head, path = Head.untrained(WIDTH, 3, seed), tmp_path / f"head-{seed}.onnx"
        names = NAMES if seed < 2 else NAMES[::-1]
        facts = ModelFacts(class_names=names, image_size=SIZE, fit="stretch", preset="mobilenet_v2")
        write_composed(tmp_path / "backbone.onnx", 5 * head.kernel, head.bias, facts, path)
        found.append(path)
    return found


@pytest.fixture
def network(tmp_path):
    """A convolutional network of other squares than the heads'."""
    random, side, path = np.random.default_rng(1), 24, tmp_path / "network.onnx"
    weights = {
        "filters": random.normal(0, 0.02, (6, 3, 3, 3)),
        "kernel": random.normal(0, 1, (6, 3)),
        "bias": np.zeros(3),
    }
    uint8, float32 = onnx.TensorProto.UINT8, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", ["image"], ["t0"], to=float32),
        helper.make_node("Transpose", ["t0"], ["t1"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["t1", "filters"], ["t2"], strides=[2, 2]),
        helper.make_node("Relu", ["t2"], ["t3"]),
        helper.make_node("GlobalAveragePool", ["t3"], ["t4"]),
        helper.make_node("Flatten", ["t4"], ["vector"]),
        helper.make_node("Gemm", ["vector", "kernel", "bias"], ["t5"]),
        helper.make_node("Softmax", ["t5"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image", uint8, ["n", side, side, 3])],
        [helper.make_tensor_value_info("probabilities", float32, ["n", 3])],
        [
            numpy_helper.from_array(values.astype(np.float32), name)
            for name, values in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    facts = ModelFacts(class_names=NAMES, image_size=side, fit="crop", preset="cnn_tiny")
    helper.set_model_props(model, {"loupe": facts.to_json()})
    # As tf2onnx does: a domain that no node is of.
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("method", METHODS)
def test_the_file_answers_as_its_members_do_combined(heads, tmp_path, method):
    members = [Predictor.load(path) for path in heads]
    images = np.random.default_rng(4).integers(0, 256, (60, SIZE, SIZE, 3), np.uint8)
    own = answers_of(members, members[0].views, images)
    assert np.array_equal(own[:, 2], members[2].predict(images)[:, ::-1])
    labels = np.random.default_rng(5).integers(0, 3, 60)
    labels[:40] = own[:40, 1].argmax(axis=1)
    combination = fit_combination(method, own, labels)
    graphs = merged([(path, None) for path in heads])
    write_ensemble(graphs, combination, tmp_path / "model.onnx")
    parity = check_ensemble(tmp_path / "model.onnx", members, combination, PIXELS)
    assert parity["max_abs_difference"] <= 1e-5
    # One backbone of four nodes, and of each head two; one puts classes in order.
    assert (graphs.nodes_of_members, len(graphs.nodes)) == (3 * 6, 4 + 3 * 2 + 1)
    # Anyone can open it, with nothing of ours.
    session = ort.InferenceSession(str(tmp_path / "model.onnx"))
    assert [each.name for each in session.get_outputs()] == ["probabilities", "members"]
    answer = session.run(["probabilities"], {"image": PIXELS})[0]
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        answer, combination.predict(answers_of(members, members[0].views, PIXELS)), atol=1e-5
    )
    assert take_apart((tmp_path / "model.onnx").read_bytes()) is None
    onnx.checker.check_model(str(tmp_path / "model.onnx"), full_check=True)


def test_members_of_several_sizes_and_families_see_their_own_squares(heads, network, tmp_path):
    members = [Predictor.load(path) for path in (heads[0], network)]
    graphs = merged([(heads[0], None), (network, None)])
    write_ensemble(graphs, equal(2), tmp_path / "model.onnx")
    ensemble = Predictor.load(tmp_path / "model.onnx")
    assert ensemble.views == (members[0].views[0], members[1].views[0])
    side = ensemble.views[1].size
    large = np.random.default_rng(3).integers(0, 256, (len(PIXELS), side, side, 3), np.uint8)
    images = joined([PIXELS, large])
    assert images.shape[1:] == shape_of(ensemble.views)
    assert all(
        np.array_equal(*pair)
        for pair in zip(parted(images, ensemble.views), (PIXELS, large), strict=True)
    )
    _, inside = ensemble.predict_with_members(images)
    np.testing.assert_allclose(inside[:, 0], members[0].predict(PIXELS), atol=1e-5)
    np.testing.assert_allclose(inside[:, 1], members[1].predict(large), atol=1e-5)
    check_ensemble(tmp_path / "model.onnx", members, equal(2), images)
    with pytest.raises(ValueError, match=r"uint8 \("):
        ensemble.predict(PIXELS)
    # An ensemble is a member like any other, and its fast file has the same inputs.
    again = merged([(tmp_path / "model.onnx", None), (network, None)])
    assert again.views == ensemble.views
    write_ensemble(again, equal(2), tmp_path / "again.onnx")
    assert Predictor.load(tmp_path / "again.onnx").predict(images).shape == (len(PIXELS), 3)
    write_int8(tmp_path / "model.onnx", tmp_path / "fast.onnx", images[:8], images[8:])
    assert Predictor.load(tmp_path / "fast.onnx").views == ensemble.views


def test_a_domain_that_no_node_is_of_does_not_count(network, tmp_path):
    other = onnx.load(str(network))
    other.opset_import[1].version = 3
    (tmp_path / "other.onnx").write_bytes(other.SerializeToString())
    graphs = merged([(network, None), (tmp_path / "other.onnx", None)])
    write_ensemble(graphs, equal(2), tmp_path / "model.onnx")
    model = onnx.load(str(tmp_path / "model.onnx"))
    assert [each.domain for each in model.opset_import] == [""]


def test_the_same_model_twice_costs_nothing(network, tmp_path):
    graphs = merged([(network, None)] * 2)
    assert len(graphs.nodes) * 2 == graphs.nodes_of_members
    write_ensemble(graphs, equal(2), tmp_path / "model.onnx")
    graph = onnx.load(str(tmp_path / "model.onnx")).graph
    assert sum(each.dims[:] == [6, 3, 3, 3] for each in graph.initializer) == 1


def test_what_is_no_model_of_loupe_is_refused(network, tmp_path):
    (tmp_path / "noise").write_bytes(b"no model")
    with pytest.raises(BadModelFile, match="damaged"):
        merged([(tmp_path / "noise", None)])
    with pytest.raises(BadModelFile, match="SHA-256"):
        merged([(network, "0" * 64)])
    other = onnx.load(str(network))
    other.opset_import[0].version = 9
    (tmp_path / "old").write_bytes(other.SerializeToString())
    with pytest.raises(BadModelFile, match="opset 9"):
        merged([(tmp_path / "old", None)])


def simulated(images: int, seed: int):
    """Two good members, one that guesses; the second is too sure of itself."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, images)
    logits = rng.normal(0, 1, (images, 3, 4))
    logits[np.arange(images), 0, labels] += 2
    logits[np.arange(images), 1, labels] += 2
    logits[:, 1] *= 4
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    return (powers / powers.sum(axis=2, keepdims=True)).astype(np.float32), labels


def log_loss(answers, labels):
    return -np.log(np.maximum(answers[np.arange(len(labels)), labels], 1e-7)).mean()


def test_weights_are_found_on_validation_and_hold_elsewhere():
    members, labels = simulated(500, 1)
    others, truth = simulated(4000, 2)
    alone = min(log_loss(others[:, each], truth) for each in range(3))
    losses = {}
    for method in METHODS:
        found = fit_combination(method, members, labels)
        losses[method] = log_loss(found.predict(others), truth)
    # Each is better than its best member; what may leave the guesser out is better still.
    assert max(losses.values()) < alone
    assert losses["weighted"] < losses["average"]
    assert losses["stacking"] < losses["average"]
    weighted = fit_weighted(members, labels)
    assert sum(weighted.weights) == pytest.approx(1)
    assert 0 < weighted.weights[2] < 0.05
    # The sure one is calibrated first.
    assert weighted.temperatures[1] > 2 * weighted.temperatures[0]


def test_calibration_is_of_images_that_the_combination_was_not_fitted_on():
    members, labels = simulated(500, 3)
    found = fit_combination("stacking", members, labels)
    answers = found.predict(simulated(4000, 4)[0])
    truth = simulated(4000, 4)[1]
    said, right = answers.max(axis=1).mean(), (answers.argmax(axis=1) == truth).mean()
    assert abs(said - right) < 0.03
    few = fit_combination("stacking", members[:19], labels[:19])
    assert few == equal(3)
    held = crossed(lambda m, y: Mean(temperatures=(1.0,) * 3, weights=(1, 0, 0)), members, labels)
    np.testing.assert_allclose(held, np.log(members[:, 0]), atol=1e-3)


def test_views_are_parts_of_one_row():
    assert shape_of((View(2, "crop"), View(3, "pad"))) == (12 + 27,)
