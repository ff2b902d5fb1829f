"""Does an ensemble of three beat its best member on CIFAR-10, and what does it cost?

    python -m tests.bench.ensemble [--work FOLDER]

10,000 images, the same ones every time, divided 70/10/20 by seeds 0 to 2. Named beforehand: *three
networks* are heads on the frozen networks of EfficientNet-Lite0 and MobileNetV2, and `cnn_tiny`
from nothing (10 epochs); *one network* are three methods on the vectors of EfficientNet-Lite0;
*bagging* are five heads on samples drawn with replacement. The combination is fitted on validation,
everything is measured on test. With --work, members that were trained are found there again.
Prints a Markdown table.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.engine.fit.combining import fit_combination
from classifier.engine.fit.shares import drawn
from classifier.engine.fit.training import train
from classifier.engine.formats.combination import equal
from classifier.engine.formats.ensemble import merged, write_ensemble
from classifier.engine.measure.ensemble import METHODS, accuracy_and_loss, beside_best
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.speed import milliseconds
from classifier.engine.runtime.views import pixels_in, rows_of
from classifier.engine.samples import Sample, TrainingSamples
from tests.bench.classic import Remembered
from tests.bench.engine_targets import DATA
from tests.bench.heads import SEEDS, Silent
from tests.bench.learning_curve import CIFAR10, cifar10, parts
from tests.classifier.engine.file_pixels import FilePixels

HEAD = "efficientnet_lite0"
TRIOS = {
    "three networks": (HEAD, "mobilenet_v2", "cnn_tiny"),
    "one network": (HEAD, "rbf_svm", "k_nearest_neighbours"),
}
BAGGED = 5


class Work:
    """The images of one seed, and where its members' files lie."""

    def __init__(
        self, samples: list[Sample], classes: list[str], seed: int, folder: Path, vectors: dict
    ) -> None:
        self.classes, self.folder, self.seed = classes, folder, seed
        self.train, self.validation, self.test = parts(samples, [0.7, 0.1, 0.2], seed)
        self.pixels, self.vectors = FilePixels(), vectors

    def member(self, name: str, title: str, settings: dict, learned: list[Sample]) -> Path:
        """Return the file of a preset trained on some images; one that is there is not made."""
        folder = self.folder / title
        if not (folder / "model.onnx").exists():
            folder.mkdir(parents=True, exist_ok=True)
            train(
                samples=TrainingSamples(
                    train=learned, validation=self.validation, pixels=self.pixels
                ),
                config=checked_config(name, settings),
                preset=name,
                class_names=self.classes,
                output_dir=folder,
                weights_dir=DATA / "weights",
                backbones_dir=self.folder.parent / "backbones",
                observer=Silent(),
                checkpoint_dir=None,
                vectors=self.vectors["mobilenet_v2" if name == "mobilenet_v2" else HEAD],
            )
        return folder / "model.onnx"

    def asked(self, path: Path, split: list[Sample]):
        """Return the answers of an ensemble's file, and its members'."""
        predictor = Predictor.load(path)
        quiet = lambda done, total: None  # noqa: E731
        rows = rows_of(self.pixels, [name for name, _ in split], predictor.views, quiet)
        return predictor.predict_rows_with_members(rows, quiet)

    def rows(self, title: str, files: list[Path], methods: Sequence[str]) -> None:
        """Print what ensembles of these files are worth, by method."""
        graphs = merged([(path, None) for path in files])
        path = self.folder / "ensemble.onnx"
        write_ensemble(graphs, equal(len(files)), path)
        labels = np.array([index for _, index in self.validation])
        learned, own = self.asked(path, self.validation)[1], self.asked(path, self.test)[1]
        truth = [index for _, index in self.test]
        alone = [accuracy_and_loss(own[:, each], truth) for each in range(len(files))]
        for method in methods:
            combination = fit_combination(method, learned, labels)
            write_ensemble(graphs, combination, path)
            said = combination.predict(own)
            right = own.argmax(axis=2) == np.array(truth)[:, None]
            found = beside_best(said, right, truth)
            accuracy, loss = accuracy_and_loss(said, truth)
            before, after = self.milliseconds(files[found.best], path)
            print(
                f"| {title}, {method} | {self.seed} "
                f"| {' · '.join(f'{each:.4f}' for each, _ in alone)} "
                f"| {accuracy:.4f} ({accuracy - alone[found.best][0]:+.4f}) | {found.p_value:.2g} "
                f"| {alone[found.best][1]:.3f} → {loss:.3f} | {before:.2f} → {after:.2f} "
                f"| {files[found.best].stat().st_size / 1e6:.1f} → "
                f"{path.stat().st_size / 1e6:.1f} "
                f"| {len(graphs.nodes)} of {graphs.nodes_of_members} |",
                flush=True,
            )

    def milliseconds(self, *paths: Path) -> list[float]:
        """Return what each file takes for one image."""
        files = [Predictor.load(path, threads=1) for path in paths]
        some = [name for name, _ in self.train[:12]]
        return milliseconds(files, [pixels_in(self.pixels, some, each.views) for each in files])


def main(folder: Path) -> None:
    """Print a row for each method and seed."""
    if not CIFAR10.is_file():
        print(f"Skipped: {CIFAR10} is not there.")
        return
    print(
        "| members, method | seed | their test accuracy | ensemble | McNemar's p | log loss "
        "| ms an image | MB | operations |\n|---|---:|---|---|---:|---|---|---|---|",
        flush=True,
    )
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    samples, classes = cifar10(images)
    vectors = {HEAD: Remembered(), "mobilenet_v2": Remembered()}
    for seed in SEEDS:
        work = Work(samples, classes, seed, folder / f"seed-{seed}", vectors)
        for title, names in TRIOS.items():
            files = [work.member(name, name, {}, work.train) for name in names]
            work.rows(title, files, METHODS)
        bagged = [
            work.member(HEAD, f"{HEAD}-{number}", {"seed": number}, drawn(work.train, number))
            for number in range(BAGGED)
        ]
        work.rows("bagging", bagged, ["average"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path)
    given = parser.parse_args().work
    if given:
        main(given)
    else:
        with tempfile.TemporaryDirectory() as name:
            main(Path(name))
