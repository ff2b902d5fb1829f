"""One file of backbone and head: what it says, what it answers, that TensorFlow is not needed."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest

from classifier.engine.errors import BadModelFile, ExportFailed
from classifier.engine.fit.head import Head
from classifier.engine.formats.compose import (
    check_composed,
    read_head,
    take_apart,
    write_composed,
)
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.runtime.predictor import Predictor
from tests.classifier.small_backbone import PIXELS, SIZE, WIDTH, write_backbone

FACTS = ModelFacts(
    class_names=("a", "ß", "c"), image_size=SIZE, fit="stretch", preset="mobilenet_v2"
)


@pytest.fixture
def composed(tmp_path):
    backbone, path = tmp_path / "backbone.onnx", tmp_path / "model.onnx"
    write_backbone(backbone)
    head = Head.untrained(WIDTH, 3, seed=1)
    head.bias += [0.5, 0, -0.5]
    parameters = write_composed(backbone, head.kernel, head.bias, FACTS, path)
    assert parameters == SIZE * SIZE * 3 * WIDTH + WIDTH * 3 + 3
    return backbone, path, head


def test_the_file_answers_as_the_head_does_on_the_backbones_vectors(composed) -> None:
    backbone, path, head = composed
    served = Predictor.load(path)
    assert (served.class_names, served.views[0].size) == (FACTS.class_names, SIZE)
    vectors = Predictor.load(backbone).predict(PIXELS)
    np.testing.assert_allclose(served.predict(PIXELS), head.predict(vectors), atol=1e-6)
    answers, same = served.predict_with_vectors(PIXELS)
    assert np.array_equal(answers, served.predict(list(PIXELS)))
    np.testing.assert_allclose(same, vectors, atol=1e-6)
    onnx.checker.check_model(str(path), full_check=True)


def test_the_same_head_gives_the_same_bytes(composed, tmp_path) -> None:
    backbone, path, head = composed
    write_composed(backbone, head.kernel, head.bias, FACTS, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == path.read_bytes()


def test_the_head_is_read_back(composed) -> None:
    backbone, path, head = composed
    for read, written in zip(read_head(path), head.weights, strict=True):
        assert np.array_equal(read, written)
    with pytest.raises(BadModelFile, match="no head of its own"):
        read_head(backbone)


def test_a_file_that_answers_otherwise_is_refused(composed) -> None:
    _, path, head = composed
    parity = check_composed(path, head.predict, list(PIXELS))
    assert parity["max_abs_difference"] <= parity["tolerance"] == 1e-5
    assert parity["images"] == len(PIXELS)
    head.bias += [1e-3, 0, 0]
    with pytest.raises(ExportFailed, match="may differ from the head's by up to 1e-05"):
        check_composed(path, head.predict, list(PIXELS))


def test_a_file_without_vectors_gives_none(composed) -> None:
    backbone, _, _ = composed
    with pytest.raises(ValueError, match="no vectors"):
        Predictor.load(backbone).predict_with_vectors(PIXELS)


def test_files_on_one_backbone_come_apart_into_the_same_backbone(composed, tmp_path) -> None:
    backbone, path, head = composed
    other = Head.untrained(WIDTH, 2, seed=5)
    facts = replace(FACTS, class_names=("x", "y"), preset="efficientnet_lite0")
    write_composed(backbone, other.kernel, other.bias, facts, tmp_path / "other.onnx")
    first, second = (take_apart(each.read_bytes()) for each in (path, tmp_path / "other.onnx"))
    assert (first.backbone, first.backbone_sha256) == (second.backbone, second.backbone_sha256)
    assert (first.facts, second.facts) == (FACTS, facts)
    assert np.array_equal(second.kernel, other.kernel)
    assert np.array_equal(first.bias, head.bias)
    vectors = Predictor.of(first.backbone).predict(PIXELS)
    np.testing.assert_allclose(vectors, Predictor.load(backbone).predict(PIXELS), atol=1e-6)


def test_other_files_are_not_taken_apart(composed) -> None:
    backbone, path, _ = composed
    assert take_apart(backbone.read_bytes()) is None
    with pytest.raises(BadModelFile, match="damaged"):
        take_apart(path.read_bytes()[:-40])


def test_fitting_and_writing_a_head_load_no_tensorflow() -> None:
    program = (
        "import sys, classifier.engine.fit.training, classifier.engine.fit.preview;"
        "print({'tensorflow', 'keras', 'tf2onnx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")
