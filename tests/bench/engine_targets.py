"""Train the presets on real data and print test accuracy, seconds and the trainer's CPU seconds.

    python -m tests.bench.engine_targets digits
    python -m tests.bench.engine_targets animals efficientnet_lite0 --seed 1
    python -m tests.bench.engine_targets animals cnn_small --set epochs=5
    python -m tests.bench.engine_targets cifar10 cnn_tiny
    python -m tests.bench.engine_targets cifar10 resnet_small --work ~/resnet \\
        --set epochs=20 --set 'precision="bfloat16"' --set deterministic=false

The folder that --work names keeps pixels and a checkpoint of each epoch: the same command goes on
from there, and the seconds of a training add up over its attempts.

Folder split as Loupe makes it: the archive's validation or test folder is the test split, and a
tenth of train, stratified and seeded, is the validation split. Digits: a fifth is the test split.
"""

import argparse
import hashlib
import json
import resource
import tempfile
import time
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from classifier.engine.curves import EpochMetrics
from classifier.engine.measure.evaluation import evaluate
from classifier.engine.presets.registry import checked_config, register
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Sample, TrainingSamples
from datasets.decoding.pixels.cache import PixelCache
from datasets.decoding.pixels.decoders import PixelDecoders
from datasets.decoding.pixels.store import PixelStore

DATA = Path(__file__).parents[3] / "shared" / "data"
Split = tuple[TrainingSamples, list[Sample], list[str]]


class Files:
    """Files by their content, and their pixels as jobs get them."""

    def __init__(self, work: Path) -> None:
        self._paths: dict[str, Path] = {}
        decoders = PixelDecoders(self._paths.__getitem__)
        self.pixels = PixelStore(PixelCache(work / "pixels", 64 << 30, decoders), decoders, print)

    def sample(self, path: Path, index: int) -> Sample:
        """Return the file as a sample of the class."""
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._paths[sha256] = path
        return sha256, index

    def path(self, sha256: str) -> Path:
        """Return where the content lies."""
        return self._paths[sha256]


class Printer:
    """An observer that prints, and keeps how fast each epoch learned and when it ended."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.ends: list[float] = []

    def stage(self, message) -> None:
        print(message, flush=True)

    def epoch(self, metrics: EpochMetrics, answers: object) -> None:
        self.ends.append(time.monotonic())
        self.rates.append(metrics.images_per_second)
        print(
            {key: round(value, 4) for key, value in metrics.to_dict().items() if value}, flush=True
        )

    def progress(self, done, total, unit, message, rate, eta_seconds) -> None:
        if not message.startswith("Epoch") and done == total:
            print(message, done, unit, flush=True)

    def should_stop(self) -> bool:
        return False

    def asked_to_finish(self) -> str:
        return ""


def folder_split(archive: str, test_folder: str, into: Path, files: Files) -> Split:
    with zipfile.ZipFile(DATA / archive) as opened:
        opened.extractall(into)
    names = sorted(path.name for path in (into / "train").iterdir())

    def samples(folder: str) -> list[Sample]:
        return [
            files.sample(path, index)
            for index, name in enumerate(names)
            for path in sorted((into / folder / name).iterdir())
        ]

    return carve_validation(samples("train"), files), samples(test_folder), names


def digits_split(into: Path, files: Files) -> Split:
    digits = load_digits()
    samples: list[Sample] = []
    for number, (pixels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = into / f"{number}.png"
        Image.fromarray((pixels * 255 / 16).astype(np.uint8)).save(path)
        samples.append(files.sample(path, int(label)))
    train, test = train_test_split(samples, test_size=0.2, random_state=0, stratify=digits.target)
    return carve_validation(train, files), test, [str(digit) for digit in range(10)]


def carve_validation(samples: list[Sample], files: Files) -> TrainingSamples:
    train, validation = train_test_split(
        samples, test_size=0.1, random_state=0, stratify=[index for _, index in samples]
    )
    return TrainingSamples(train=train, validation=validation, pixels=files.pixels)


def make_split(name: str, into: Path, files: Files, images: int = 0, seed: int = 0) -> Split:
    """Return the split; of ``images`` train and validation images, if so many are wanted.

    They are chosen by the seed, of each class the same share.
    """
    into.mkdir(parents=True, exist_ok=True)
    samples, test, names = whole_split(name, into, files)
    if not images:
        return samples, test, names
    every = [*samples.train, *samples.validation]
    fewer, _ = train_test_split(
        every, train_size=images, random_state=seed, stratify=[index for _, index in every]
    )
    return carve_validation(fewer, files), test, names


def whole_split(name: str, into: Path, files: Files) -> Split:
    if name == "digits":
        return digits_split(into, files)
    if name == "animals":
        return folder_split("animals.zip", "validation", into, files)
    return folder_split("cifar10.zip", "test", into, files)


def run(arguments: argparse.Namespace, work: Path) -> dict:
    from classifier.engine.fit.training import train

    if arguments.module:
        register(import_module(arguments.module).PRESET)
    overrides = {key: json.loads(value) for key, value in arguments.set} | {"seed": arguments.seed}
    config = checked_config(arguments.preset, overrides)
    samples, test, names = make_split(
        arguments.data, work / "data", Files(work), arguments.images, arguments.seed
    )
    observer = Printer()
    started, cpu = time.monotonic(), time.process_time()
    outcome = train(
        samples=samples,
        config=config,
        preset=arguments.preset,
        class_names=names,
        output_dir=work / "model",
        weights_dir=DATA / "weights",
        backbones_dir=work / "backbones",
        observer=observer,
        measured_dir=work / "measured",
        time_limit_seconds=arguments.time_limit,
        checkpoint_dir=work / "checkpoints",
    )
    seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu
    measured = time.monotonic()
    predictor = Predictor.load(work / "model" / "model.onnx")
    contents = [content for content, _ in test]
    rows = samples.pixels.rows(contents, *predictor.views[0], lambda *_: None)
    probabilities = predictor.predict_rows(rows, lambda *_: None)
    report = evaluate(probabilities, [index for _, index in test], names)
    return {
        "data": arguments.data,
        "preset": arguments.preset,
        "overrides": overrides,
        "test_accuracy": round(report.accuracy, 4),
        "test_log_loss": round(report.log_loss, 4),
        "best_epoch": outcome.best_epoch,
        "epochs": outcome.metrics["epochs"],
        "val_accuracy": outcome.metrics["val_accuracy"],
        "parameters": outcome.metrics["parameters"],
        "precision": outcome.metrics["precision"],
        # Of as many images as the train folder has: a tenth of them is validation here.
        "epoch_seconds": [
            round((len(samples.train) + len(samples.validation)) / rate, 2)
            for rate in observer.rates
        ],
        "epoch_ends": [round(each - started, 2) for each in observer.ends],
        "seconds": round(seconds, 1),
        "trainer_cpu_seconds": round(cpu_seconds, 1),
        "evaluation_ms_per_image": round((time.monotonic() - measured) / len(test) * 1000, 2),
        "parity": outcome.parity["max_abs_difference"],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=["digits", "animals", "cifar10"])
    parser.add_argument("preset", nargs="?", default="cnn_tiny")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], type=lambda text: text.split("=", 1))
    parser.add_argument("--images", type=int, default=0, help="so many of train, by the seed")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--module", help="one that has a PRESET to register")
    parser.add_argument("--time-limit", type=float)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(arguments, arguments.work or Path(folder))))


if __name__ == "__main__":
    main()
