"""Previews: what the network sees, the same every time, some of each class."""

import numpy as np
import pytest
from PIL import Image

from classifier.engine.fit.preview import preview_samples
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.registry import checked_config
from classifier.engine.samples import TrainingSamples
from tests.classifier.engine.file_pixels import FilePixels


@pytest.fixture
def samples(tmp_path):
    found = []
    for number in range(20):
        path = tmp_path / f"{number}.png"
        ramp = np.tile(np.linspace(0, 255, 24, dtype=np.uint8), (24, 1))
        Image.fromarray(np.stack([ramp, ramp, np.full_like(ramp, number)], axis=2)).save(path)
        # Fifteen of the first class come before the rest.
        found.append((str(path), 0 if number < 15 else number % 2 + 1))
    return TrainingSamples(train=found, validation=[], pixels=FilePixels())


def config_of(preset: str, **changes) -> TrainingConfig:
    size = {"cnn_tiny": 24, "mobilenet_v2": 64}[preset]
    return checked_config(preset, {"image_size": size, **changes})


def test_every_class_is_shown_and_the_same_run_gives_the_same_pictures(samples) -> None:
    config = config_of("cnn_tiny", augmentation="full", seed=5)
    first = preview_samples(samples, config, "cnn_tiny")
    assert [each.class_index for each in first] == [0, 1, 2, 0, 1, 2, 0, 2]
    assert all(each.pixels.shape == (24, 24, 3) and each.pixels.dtype == np.uint8 for each in first)
    again = preview_samples(samples, config, "cnn_tiny")
    assert all((a.pixels == b.pixels).all() for a, b in zip(first, again, strict=True))
    other = preview_samples(samples, config_of("cnn_tiny", augmentation="full", seed=6), "cnn_tiny")
    assert any((a.pixels != b.pixels).any() for a, b in zip(first, other, strict=True))


def test_without_augmentation_the_pictures_are_the_images(samples) -> None:
    config = config_of("cnn_tiny", augmentation="none")
    [one, *_] = preview_samples(samples, config, "cnn_tiny")
    assert (one.pixels == np.asarray(Image.open(samples.train[one.place][0]))).all()


def test_a_frozen_network_sees_images_as_they_are_and_mirrored(samples) -> None:
    config = config_of("mobilenet_v2", augmentation="mirror")
    plain, mirrored = preview_samples(samples, config, "mobilenet_v2", count=2)
    assert plain.pixels[0, 0, 0] < plain.pixels[0, -1, 0]
    assert mirrored.pixels[0, 0, 0] > mirrored.pixels[0, -1, 0]
