"""Trains cnn_tiny on coloured squares, for all tests that need a model."""

import json
import random
from dataclasses import asdict, replace
from pathlib import Path

from PIL import Image

from classifier.engine.fit.training import train
from classifier.engine.presets.registry import checked_config
from classifier.engine.samples import TrainingSamples
from tests.classifier.engine.file_pixels import FilePixels

COLORS = {"blue": (30, 30, 220), "green": (30, 200, 30), "red": (220, 30, 30)}


class Silent:
    """An observer that keeps quiet."""

    def stage(self, message) -> None:
        pass

    def epoch(self, metrics, answers) -> None: ...

    def fitted(self, answers) -> None: ...

    def progress(self, *args) -> None: ...

    def should_stop(self) -> bool:
        return False

    def asked_to_finish(self) -> str:
        return ""


def train_into(name_of_folder: str) -> None:
    """Write model.keras, model.onnx and, at the end, outcome.json into the folder."""
    folder = Path(name_of_folder)
    noise = random.Random(0)
    samples = []
    for index, (name, color) in enumerate(COLORS.items()):
        for number in range(24):
            path = folder / f"{name}-{number}.png"
            tint = tuple(max(0, min(255, part + noise.randint(-30, 30))) for part in color)
            Image.new("RGB", (24, 24), tint).save(path)
            samples.append((str(path), index))
    outcome = train(
        samples=TrainingSamples(train=samples, validation=samples[::4], pixels=FilePixels()),
        config=replace(
            checked_config("cnn_tiny", {"epochs": 8, "batch_size": 8, "augmentation": "none"}),
            deterministic=False,
        ),
        preset="cnn_tiny",
        class_names=list(COLORS),
        output_dir=folder,
        weights_dir=None,
        backbones_dir=folder / "backbones",
        observer=Silent(),
        checkpoint_dir=None,
    )
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)))
