"""Real images, and trainings in processes of their own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.classifier import forked

TRAINER = "tests.classifier.engine.trainer:train_as_told"
SHARED_WEIGHTS = Path(__file__).parents[4] / "shared" / "data" / "weights"
Samples = list[tuple[str, int]]


@dataclass
class Training:
    """One training's job file, process and what it wrote."""

    folder: Path
    job: dict[str, Any]

    def start(self) -> ForkServerProcess:
        return forked.start(TRAINER, self.tell(), log=self.folder / "log.txt")

    def run(self, seconds: float = 500) -> dict[str, Any]:
        forked.run(TRAINER, self.tell(), log=self.folder / "log.txt", seconds=seconds)
        return json.loads((self.folder / "result.json").read_text())

    def tell(self) -> str:
        """Write the job file and return its path: what ``trainer.train_as_told`` takes."""
        path = self.folder / "job.json"
        path.write_text(json.dumps(self.job))
        return str(path)

    @property
    def output_dir(self) -> Path:
        return Path(self.job["output_dir"])

    def events(self, kind: str) -> list[Any]:
        path = self.folder / "events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [event[kind] for event in map(json.loads, lines) if kind in event]

    def curve(self) -> list[dict[str, Any]]:
        """The epochs' metrics without what the machine decides."""
        clock = ("seconds", "images_per_second", "memory_bytes")
        return [
            {key: value for key, value in row.items() if key not in clock}
            for row in self.events("epoch")
        ]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Samples, Samples]:
    """Six hundred handwritten digits as 8×8 PNG files: (400 for training, 200 for tests)."""
    folder = tmp_path_factory.mktemp("digits")
    source = load_digits()
    samples = []
    for number in range(600):
        path = folder / f"{number}.png"
        Image.fromarray((source.images[number] * 255 / 16).astype(np.uint8)).save(path)
        samples.append((str(path), int(source.target[number])))
    return samples[:400], samples[400:]


@pytest.fixture(scope="session")
def make_training(
    tmp_path_factory: pytest.TempPathFactory, digits: tuple[Samples, Samples]
) -> Callable[..., Training]:
    """Make a training of digits; keywords replace parts of the job."""

    def make(**changes: Any) -> Training:
        folder = tmp_path_factory.mktemp("training")
        job = {
            "preset": "cnn_tiny",
            "config": {"epochs": 6, "image_size": 16, "seed": 3},
            "class_names": [str(digit) for digit in range(10)],
            "train": digits[0][:320],
            "validation": digits[0][320:],
            "output_dir": str(folder / "model"),
            "checkpoint_dir": str(folder / "checkpoints"),
            "backbones_dir": str(folder.parent / "backbones"),
            "measured_dir": str(folder.parent / "measured"),
            "events": str(folder / "events.jsonl"),
            "result": str(folder / "result.json"),
        }
        return Training(folder, {**job, **changes})

    return make


@pytest.fixture(scope="session")
def trained(make_training: Callable[..., Training]) -> tuple[Training, dict[str, Any]]:
    """A finished training of digits and its outcome."""
    training = make_training()
    return training, training.run()


@pytest.fixture(scope="session")
def write_weights() -> Callable[[Any, Path], None]:
    """Write a network's weights in the HDF5 layout of keras.applications' published files."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    def write(network: Any, path: Path) -> None:
        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, network)

    return write
