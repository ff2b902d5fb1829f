"""How images become squares: a label at the edge, and the same pixels wherever a model looks."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifier.engine.files import sha256_of
from classifier.engine.fit.training import train
from classifier.engine.formats.compose import take_apart
from classifier.engine.formats.facts import METADATA_ENTRY, ModelFacts
from classifier.engine.presets.augmentation import CHANGES
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import TrainingSamples
from classifier.prediction.serving.model_cache import ModelCache
from common.fit import FITS
from tests.classifier.engine.classic import Listener, by_script
from tests.classifier.engine.file_pixels import FilePixels
from tests.classifier.engine.recorded import effective, recorded

NAMES = ["left", "right"]


@pytest.fixture(scope="module")
def edges(tmp_path_factory) -> list[list[tuple[str, int]]]:
    """Pictures three times as wide as high, noise but for a mark at the left or the right end."""
    folder = tmp_path_factory.mktemp("edges")
    noise = np.random.default_rng(0)
    samples = []
    for number in range(60):
        pixels = noise.integers(90, 130, (32, 96, 3))
        pixels[8:24, slice(0, 16) if number % 2 == 0 else slice(80, 96)] = 255
        path = folder / f"{number:02}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        samples.append((str(path), number % 2))
    return [samples[:30], samples[30:40], samples[40:]]


def trained(preset: str, samples, folder: Path, **config):
    settings, read = checked_config(preset, config), set()
    outcome = train(
        samples=TrainingSamples(train=samples[0], validation=samples[1], pixels=FilePixels()),
        config=recorded(settings, read),
        preset=preset,
        class_names=NAMES,
        output_dir=folder,
        weights_dir=None,
        backbones_dir=folder / "backbones",
        observer=Listener() if preset == "logistic_regression" else Quiet(),
        checkpoint_dir=None,
    )
    # A head looks at all settings but those of pixels, which it refuses.
    unread = effective(PRESETS[preset], settings) - read - {*CHANGES, "deterministic"}
    assert unread == set()
    return Predictor.load(folder / "model.onnx", outcome.files["model.onnx"]["sha256"])


class Quiet(Listener):
    """Has epochs."""

    def epoch(self, metrics, answers) -> None:
        """Nothing is kept of it."""


def accuracy(served: Predictor, samples) -> float:
    rows = FilePixels().rows([path for path, _ in samples], *served.views[0])
    found = served.predict_rows(rows, lambda *_: None).argmax(axis=1)
    return float((found == [label for _, label in samples]).mean())


@pytest.mark.parametrize("fit", FITS)
def test_a_label_at_the_edge_is_lost_by_crop_alone(fit, edges, tmp_path) -> None:
    config = {"input": "pixels", "side": 12, "fit": fit}
    served = trained("logistic_regression", edges, tmp_path, **config)
    assert served.views == ((12, fit),)
    found = accuracy(served, edges[2])
    assert found == 1 if fit != "crop" else 0.2 < found < 0.8
    script = (tmp_path / "training_script.py").read_text()
    assert f"# Fit: {fit}." in script
    assert by_script(tmp_path, edges, NAMES) == pytest.approx(found, abs=1e-6)


def test_a_head_learns_from_vectors_of_its_own_fit(edges, tmp_path) -> None:
    config = {"image_size": 64, "epochs": 12, "learning_rate": 0.01, "batch_size": 8}
    heads = {
        fit: trained("efficientnet_lite0", edges, tmp_path / fit, fit=fit, **config)
        for fit in ("crop", "pad")
    }
    assert {fit: served.views[0].fit for fit, served in heads.items()} == {
        "crop": "crop",
        "pad": "pad",
    }
    assert accuracy(heads["pad"], edges[2]) == 1
    assert accuracy(heads["crop"], edges[2]) < 0.8
    # Predict workers share one session between both; each keeps its fit.
    files = {fit: tmp_path / fit / "model.onnx" for fit in heads}
    first, second = (take_apart(path.read_bytes()) for path in files.values())
    assert first.backbone_sha256 == second.backbone_sha256
    cache = ModelCache(max_sessions=1, max_bytes=1 << 30)
    noise = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    for fit, path in files.items():
        model = cache.get(path, sha256_of(path))
        assert model.views[0].fit == fit
        np.testing.assert_allclose(model.predict(noise), heads[fit].predict(noise), atol=1e-5)
    assert cache.sessions == 1


def test_a_network_learns_from_padded_images_and_its_files_say_so(edges, make_training) -> None:
    config = {"epochs": 8, "image_size": 24, "fit": "pad", "augmentation": "none"}
    training = make_training(
        preset="mlp",
        train=edges[0],
        validation=edges[1],
        class_names=NAMES,
        config={**config, "batch_size": 8},
    )
    training.run()
    served = Predictor.load(training.output_dir / "model.onnx")
    with zipfile.ZipFile(training.output_dir / "model.keras") as archive:
        said = ModelFacts.from_json(archive.read(METADATA_ENTRY).decode())
    assert (served.views[0].fit, said.fit) == ("pad", "pad")
    assert accuracy(served, edges[2]) == 1
