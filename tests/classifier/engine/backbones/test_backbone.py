"""The backbone that embeds images says what Keras says, and is converted once."""

from pathlib import Path

import numpy as np
import pytest

from classifier.engine.backbones.catalog.mobilenet_v2 import MOBILENET_V2
from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import EngineError, WeightsUnavailable
from tests.datasets.analysis.features import WEIGHTS


@pytest.mark.shared_data
@pytest.mark.skipif(WEIGHTS is None, reason="../shared/data is missing")
def test_vectors_equal_keras_and_one_conversion_serves(tmp_path):
    assert WEIGHTS is not None
    places = {"weights_dir": WEIGHTS.parent, "folder": tmp_path}
    size = MOBILENET_V2.image_size
    backbone = open_backbone(MOBILENET_V2, **places)
    pixels = np.random.default_rng(0).integers(0, 256, (6, size, size, 3), np.uint8)
    received = backbone.predict(pixels).astype(np.float16).astype(np.float32)
    network = MOBILENET_V2.network(size, WEIGHTS)
    expected = np.asarray(network(pixels.astype(np.float32), training=False))
    assert received.shape == expected.shape == (6, MOBILENET_V2.width)
    cosines = (received * expected).sum(axis=1) / (
        np.linalg.norm(received, axis=1) * np.linalg.norm(expected, axis=1)
    )
    assert cosines.min() > 0.999

    [path] = tmp_path.glob("*.onnx")
    assert path == backbone.onnx
    assert backbone.predict(pixels[:0]).shape == (0, MOBILENET_V2.width)
    converted_at = path.stat().st_mtime_ns
    assert open_backbone(MOBILENET_V2, **places).name == backbone.name
    assert path.stat().st_mtime_ns == converted_at


def test_without_weights_nothing_is_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with pytest.raises(WeightsUnavailable, match="is not on this machine"):
        open_backbone(MOBILENET_V2, weights_dir=tmp_path, folder=tmp_path / "backbones")
    assert not (tmp_path / "keras").exists()


def test_the_operator_guide_states_each_licence_of_the_weights():
    guide = (Path(__file__).parents[4] / "docs" / "operator-guide.md").read_text()
    rows = [line.split("|") for line in guide.splitlines() if line.startswith("| `")]
    stated = {
        name.strip(" `"): row[2].strip() for row in rows for name in row[1].split(",") if row[3:]
    }
    assert {each.name: each.licence for each in BACKBONES.values()}.items() <= stated.items()


def test_a_conversion_that_takes_too_long_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("classifier.engine.backbones.opened._CONVERSION_SECONDS", 0.01)
    with pytest.raises(EngineError, match=r"EfficientNet-Lite0 for ONNX .* after 0.01 s") as caught:
        open_backbone(BACKBONES["efficientnet_lite0"], weights_dir=None, folder=tmp_path)
    assert caught.value.code == "timed_out"
    assert list(tmp_path.iterdir()) == []
