"""Heat-maps: exact where they say so, on the marker that decides, refused by name otherwise."""

import base64
import io
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from PIL import Image

from classifier.engine.errors import BadModelFile, EngineError
from classifier.engine.explain.cut import cut
from classifier.engine.explain.explainer import Explainer
from classifier.engine.explain.heat_map import heat_map
from classifier.engine.explain.methods import Wish
from classifier.engine.explain.occlusion import STEPS, occlusion
from classifier.engine.explain.picture import heat_of, map_png, overlay_png, place_in_words
from classifier.engine.formats.combination import equal
from classifier.engine.formats.ensemble import write_ensemble
from classifier.engine.formats.merged import Merged
from classifier.engine.runtime.predictor import Predictor, open_session
from classifier.engine.runtime.views import View
from tests.classifier.engine.explain.networks import (
    CLASS_NAMES,
    SIDE,
    Small,
    hidden,
    images,
    is_hit,
    linear,
)
from tests.classifier.small_backbone import write_backbone


@pytest.fixture(scope="module")
def files():
    return {"linear": linear(), "hidden": hidden()}


def result_of(steps):
    """Return what a generator returns, and how often it gave others their turn."""
    count = 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as end:
            return end.value, count


def logits_of(content: bytes, pixels):
    model = onnx.load_from_string(content)
    name = next(node.input[0] for node in model.graph.node if node.op_type == "Softmax")
    model.graph.output.append(helper.make_tensor_value_info(name, 1, None))
    return open_session(model.SerializeToString()).run([name], {"image": pixels})[0]


def test_what_all_places_add_is_the_logit(files):
    pixels, _, _ = images(8, seed=2)
    explainer, views = Explainer.of(files["linear"]), Predictor.of(files["linear"]).views
    assert explainer.methods == ("cam", "grad_cam", "occlusion")
    for one, logits in zip(pixels, logits_of(files["linear"], pixels), strict=True):
        for index in (0, 1):
            (found, rest), _ = result_of(explainer.cam(one, views, index))
            assert found.shape == (8, 8)
            # Less the mean of all, which decides nothing.
            expected = logits[index] - logits.mean()
            assert found.sum() + rest == pytest.approx(expected, abs=1e-3)
    # Of a linear head the slopes are its weights, so that both maps are one.
    (added, _), _ = result_of(explainer.cam(pixels[0], views, 0))
    weighed, _ = result_of(explainer.grad_cam(pixels[0], views, 0))
    expected = np.maximum(added, 0)
    np.testing.assert_allclose(weighed, expected, atol=0.01 * expected.max())


def test_of_two_classes_a_logistic_curve_is_explained_too(files):
    """As classic methods have it: the second class's curve, and the rest for the first."""
    proto = onnx.load_from_string(files["linear"])
    graph = proto.graph
    head = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    del graph.node[-3:]
    graph.initializer.extend(
        [
            numpy_helper.from_array(head["w"][:, 1:] * 2, "w1"),
            numpy_helper.from_array(head["b"][1:] * 2, "b1"),
            numpy_helper.from_array(np.float32(1), "one"),
        ]
    )
    for operator, inputs, output in (
        ("MatMul", ["pooled", "w1"], "product"),
        ("Add", ["product", "b1"], "score"),
        ("Sigmoid", ["score"], "second"),
        ("Sub", ["one", "second"], "first"),
    ):
        graph.node.append(helper.make_node(operator, inputs, [output]))
    graph.node.append(helper.make_node("Concat", ["first", "second"], ["probabilities"], axis=1))
    curve, softmax = Explainer.of(proto.SerializeToString()), Explainer.of(files["linear"])
    assert curve.methods[0] == "cam"
    one = images(1, seed=6)[0][0]
    views = (View(SIDE, "stretch"),)
    for index in (0, 1):
        (found, _), _ = result_of(curve.cam(one, views, index))
        (expected, _), _ = result_of(softmax.cam(one, views, index))
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_model_that_looks_at_nothing_has_no_heat():
    def predict(batch):
        noise = np.random.default_rng(len(batch)).normal(0, 1e-7, len(batch))
        return np.stack([0.6 + noise, 0.4 - noise], axis=1).astype(np.float32)

    model = SimpleNamespace(views=(View(16, "stretch"),), predict=predict, class_names=("a", "b"))
    one = np.zeros((16, 16, 3), np.uint8)
    made, _ = result_of(heat_map(model, Explainer(None, None), Wish(), one, one, "a"))
    assert (made.method, made.place) == ("occlusion", "")
    alpha = Image.open(io.BytesIO(base64.b64decode(made.png))).convert("RGBA").getchannel("A")
    assert alpha.getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("file", "method"), [("linear", "cam"), ("hidden", "grad_cam"), ("hidden", "occlusion")]
)
def test_the_heat_is_on_the_marker_that_decides(files, file, method):
    content = files[file]
    explainer, model = Explainer.of(content), Predictor.of(content, threads=1)
    pixels, labels, corners = images(60, seed=3)
    answers = model.predict(pixels).argmax(axis=1)
    assert (answers == labels).mean() > 0.95
    hits = []
    for one, index, corner in zip(pixels, answers, corners, strict=True):
        if method == "cam":
            (found, _), _ = result_of(explainer.cam(one, model.views, index))
        elif method == "grad_cam":
            found, _ = result_of(explainer.grad_cam(one, model.views, index))
        else:
            found, _ = result_of(occlusion(model, one, (SIDE, SIDE), index))
        hits.append(is_hit(found, corner))
    assert np.mean(hits) >= 0.9, np.mean(hits)


def test_a_model_says_what_it_can(files, tmp_path):
    assert Explainer.of(files["hidden"]).methods == ("grad_cam", "occlusion")
    # Without a map: the first layer takes all pixels at once, scaled or not.
    write_backbone(tmp_path / "flat.onnx")
    proto = onnx.load(tmp_path / "flat.onnx")
    last = helper.make_node("Softmax", ["global_average"], ["probabilities"], axis=1)
    proto.graph.node.append(last)
    proto.graph.output[0].name = "probabilities"
    flat = Explainer.of(proto.SerializeToString())
    assert flat.methods == ("occlusion",)
    with pytest.raises(ValueError, match="no map"):
        result_of(flat.cam(np.zeros((8, 8, 3), np.uint8), (View(8, "stretch"),), 0))
    with pytest.raises(BadModelFile):
        Explainer.of(b"no model")
    model = Predictor.of(files["hidden"], threads=1)
    one = images(1, seed=4)[0][0]

    def ask(**wish):
        explainer = Explainer.of(files["hidden"])
        return result_of(heat_map(model, explainer, Wish(**wish), one, one, "red"))

    for wish, code, said in (
        ({"method": "cam"}, "cannot_explain", "they can by grad_cam or occlusion"),
        ({"class_name": "wing"}, "no_such_class", "its classes are red, blue"),
    ):
        with pytest.raises(EngineError) as caught:
            ask(**wish)
        assert caught.value.code == code
        assert said in caught.value.detail
    best, turns = ask()
    assert (best.method, best.class_name, turns) == ("grad_cam", "red", 0)
    covered, turns = ask(method="occlusion", class_name="blue")
    assert (covered.method, covered.class_name) == ("occlusion", "blue")
    # Others have their turn between the batches, of 64 images in all.
    assert turns == -(-STEPS * STEPS // 4)


def test_heads_on_one_backbone_share_its_part(files):
    small = Small()
    small.add("GlobalMaxPool", ["map"], "most")
    small.add("Flatten", ["most"], "pooled")
    weights = np.random.default_rng(0).normal(size=(48, 2)).astype(np.float32)
    parts = []
    for factor in (1, 2):
        small.constants["w"] = weights * factor
        nodes = list(small.nodes)
        small.add("MatMul", ["pooled", "w"], "logits")
        small.add("Softmax", ["logits"], "probabilities", axis=1)
        parts.append(cut(small.file("probabilities", 2, CLASS_NAMES)))
        small.nodes = nodes
    assert parts[0].front_sha256 == parts[1].front_sha256
    assert parts[0].tail != parts[1].tail
    assert not parts[0].affine


def test_an_ensemble_is_explained_as_one(files, tmp_path):
    """Members on one map by its slopes, others by covering one place in all their squares."""
    alike, apart = Merged(), Merged()
    for content in (files["linear"], files["hidden"]):
        alike.add(content)
    other = onnx.load_from_string(files["hidden"])
    kernel = next(each for each in other.graph.initializer if each.name == "k1")
    changed = numpy_helper.to_array(kernel) * np.float32(1.01)
    kernel.CopyFrom(numpy_helper.from_array(changed, "k1"))
    for content in (files["linear"], other.SerializeToString()):
        apart.add(content)
    for graphs, methods in ((alike, ("grad_cam", "occlusion")), (apart, ("occlusion",))):
        write_ensemble(graphs, equal(2), tmp_path / "model.onnx")
        content = (tmp_path / "model.onnx").read_bytes()
        explainer, model = Explainer.of(content), Predictor.of(content, threads=1)
        assert explainer.methods == methods
        pixels, _, corners = images(10, seed=5)
        answers = model.predict(pixels).argmax(axis=1)
        hits = 0
        for one, index, corner in zip(pixels, answers, corners, strict=True):
            if methods[0] == "grad_cam":
                found, _ = result_of(explainer.grad_cam(one, model.views, index))
            else:
                found, _ = result_of(occlusion(model, one, (SIDE, SIDE), index))
            hits += is_hit(found, corner)
        assert hits >= 9


def test_a_cover_lies_at_one_place_of_the_image_in_each_square():
    seen = []

    def predict(batch):
        seen.append(batch)
        return np.full((len(batch), 2), 0.5, np.float32)

    views = (View(16, "pad"), View(8, "stretch"), View(8, "crop"))
    model = SimpleNamespace(views=views, predict=predict, class_names=("a", "b"))
    squares = [np.zeros((view.size, view.size, 3), np.uint8) for view in views]
    for square in squares:
        square[0, 0] = 255
    joined = np.concatenate([each.ravel() for each in squares])
    # An image twice as wide as high: padded, it fills rows 4 to 12 of 16.
    result_of(occlusion(model, joined, (200, 100), 0))
    covered = np.concatenate(seen[1:])
    assert len(covered) == STEPS * STEPS
    # From two to four of seven parts.
    middle = covered[3 * STEPS + 3]
    padded, stretched, cropped = np.split(middle, [16 * 16 * 3, 16 * 16 * 3 + 8 * 8 * 3])
    for part, size, rows, columns in (
        (padded, 16, (6, 9), (5, 9)),
        (stretched, 8, (2, 5), (2, 5)),
        (cropped, 8, (2, 5), (1, 5)),
    ):
        square = part.reshape(size, size, 3)[:, :, 0].copy()
        square[0, 0] = 0
        found = np.argwhere(square)
        (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0) + 1
        assert ((top, bottom), (left, right)) == (rows, columns)


def test_the_picture_has_the_images_proportions_and_is_transparent_where_cold():
    heat = heat_of(np.array([[4.0, -3], [0, 1]]))
    assert heat.tolist() == [[4, 0], [0, 1]]
    wide = Image.open(io.BytesIO(map_png(heat, "stretch", 640, 320)))
    assert wide.size == (256, 128)
    alpha = np.asarray(wide.convert("RGBA"))[:, :, 3]
    assert alpha[5, 5] > 200
    assert alpha[5, -5] == alpha[-5, 5] == 0
    # What was cut off is not explained.
    cropped = np.asarray(Image.open(io.BytesIO(map_png(heat, "crop", 640, 320))).convert("RGBA"))
    assert cropped[5, 5, 3] == 0
    assert cropped[5, 70, 3] > 200
    small = np.full((20, 30, 3), 40, np.uint8)
    over = np.asarray(Image.open(io.BytesIO(overlay_png(heat, "stretch", small))))
    assert over.shape == (160, 240, 3)
    assert (over[-3, 3] == 40).all()
    assert over[3, 3, 0] > 150
    assert place_in_words(heat, "stretch", 640, 320) == "upper left"
    assert place_in_words(np.eye(3)[1][None] * np.eye(3)[1][:, None], "pad", 5, 5) == "middle"
    assert place_in_words(np.ones((7, 7)), "stretch", 5, 5) == "all over"
    # Most of it lies in the bar above a wide image: in the image the rest is what counts.
    bars = np.zeros((8, 8))
    bars[0, 3], bars[4, 6] = 1, 0.05
    assert place_in_words(bars, "pad", 256, 64) == "lower right"
    padded = np.asarray(Image.open(io.BytesIO(map_png(bars, "pad", 256, 64))).convert("RGBA"))
    assert padded[:, 190:230, 3].max() > 200
    assert not padded[:, :100, 3].any()
    nothing = heat_of(np.array([[-1.0, -2], [np.nan, 0]]))
    assert place_in_words(nothing, "stretch", 5, 5) == ""
    blank = Image.open(io.BytesIO(map_png(nothing, "stretch", 5, 5))).convert("RGBA")
    assert not np.asarray(blank)[:, :, 3].any()


def test_the_text_of_the_answer_is_the_picture(files):
    model = Predictor.of(files["linear"], threads=1)
    one = images(1, seed=4)[0][0]
    explainer = Explainer.of(files["linear"])
    made, _ = result_of(heat_map(model, explainer, Wish(overlay=True), one, one, "red"))
    picture = Image.open(io.BytesIO(base64.b64decode(made.png)))
    assert (picture.format, picture.size, made.method) == ("PNG", (256, 256), "cam")
    assert made.place
