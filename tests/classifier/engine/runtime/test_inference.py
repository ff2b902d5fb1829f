"""Predictor: verified, exact about its input, quick to stop."""

from pathlib import Path

import numpy as np
import pytest

from classifier.engine.errors import BadModelFile, Cancelled
from classifier.engine.runtime.predictor import Predictor
from tests.classifier.engine.file_pixels import FilePixels


@pytest.fixture
def model(trained) -> Path:
    training, _ = trained
    return training.output_dir / "model.onnx"


def test_the_registered_file_is_served(trained, model) -> None:
    training, outcome = trained
    predictor = Predictor.load(model, outcome["files"]["model.onnx"]["sha256"])
    assert list(predictor.class_names) == training.job["class_names"]
    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), np.uint8)
    answer = predictor.predict(list(images))
    assert answer.shape == (20, 10)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(predictor.predict([images[13]])[0], answer[13], atol=1e-6)
    assert predictor.predict([]).shape == (0, 10)


def test_one_flipped_bit_is_refused(trained, model, tmp_path) -> None:
    _, outcome = trained
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(BadModelFile, match="SHA-256"):
        Predictor.load(path, outcome["files"]["model.onnx"]["sha256"])


def test_files_of_others_are_refused(tmp_path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(BadModelFile, match="damaged"):
        Predictor.load(path)


@pytest.mark.parametrize(
    "image", [np.zeros((16, 16, 3), np.float32), np.zeros((32, 32, 3), np.uint8)]
)
def test_other_shapes_and_types_are_refused(model, image) -> None:
    with pytest.raises(ValueError, match=r"must be uint8 \(16, 16, 3\)"):
        Predictor.load(model).predict([image])


def test_batches_keep_the_order_tell_progress_and_stop(model, digits) -> None:
    predictor = Predictor.load(model)
    paths = [path for path, _ in digits[1][:50]]
    rows = FilePixels().rows(paths, 16)
    told: list[tuple[int, int]] = []
    answers = predictor.predict_rows(rows, lambda done, total: told.append((done, total)))
    assert told[-1] == (50, 50)
    alone = predictor.predict_rows(FilePixels().rows(paths[40:41], 16), lambda *_: None)
    np.testing.assert_allclose(answers[40], alone[0], atol=1e-6)

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        predictor.predict_rows(rows, stop)
