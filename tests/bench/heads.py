"""Heads on vectors of animals: NumPy beside Keras, with and without mirrored twins.

    python -m tests.bench.heads [BACKBONE]

Three ways to divide the photographs 80/10/10, seeds 0 to 2; settings as the preset has them, so
validation chose the epoch and test was only measured. Prints a Markdown table.
"""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.head import Head, HeadSteps
from classifier.engine.presets.augmentation import NOTHING
from classifier.engine.presets.registry import PRESETS
from classifier.engine.runtime.batches import Arrays
from classifier.engine.watch import Watch
from common.pixels import read_pixels
from tests.bench.engine_targets import DATA
from tests.datasets.analysis.planting import ANIMALS, files_in

SEEDS = (0, 1, 2)


class Silent:
    """An observer that keeps quiet."""

    def epoch(self, metrics, answers) -> None: ...

    def fitted(self, answers) -> None: ...

    def stage(self, message) -> None: ...

    def progress(self, *args) -> None: ...

    def should_stop(self) -> bool:
        return False

    def asked_to_finish(self) -> str:
        return ""


def main(name: str) -> None:
    """Embed every photograph and its mirror image, then fit."""
    if not ANIMALS.is_file():
        print(f"Skipped: {ANIMALS} is not there.")
        return
    vectors, twins, labels = embedded(name)
    print("| head | validation | test by seed | mean | CPU s |\n|---|---:|---|---:|---:|")
    for title, steps in (("NumPy", numpy_steps), ("Keras", keras_steps)):
        for mirrored in (False, True):
            rows = [fitted(name, vectors, twins, labels, seed, mirrored, steps) for seed in SEEDS]
            validation, test, seconds = np.array(rows).T
            told = ", ".join(f"{each:.3f}" for each in test)
            print(
                f"| {title}, {'mirrored twins' if mirrored else 'plain'} | {validation.mean():.3f} "
                f"| {told} | {test.mean():.3f} | {seconds.mean():.2f} |",
                flush=True,
            )


def embedded(name: str) -> tuple[Any, Any, Any]:
    """Return vectors, those of the mirror images, and labels."""
    with tempfile.TemporaryDirectory() as folder:
        backbone = open_backbone(BACKBONES[name], weights_dir=DATA / "weights", folder=Path(folder))
    plain, mirrored, classes = [], [], []
    cpu = 0.0
    for path, content in files_in(ANIMALS):
        pixels = read_pixels(content, backbone.image_size)[None]
        plain.append(backbone.predict(pixels))
        started = time.process_time()
        mirrored.append(backbone.predict(np.ascontiguousarray(pixels[:, :, ::-1])))
        cpu += time.process_time() - started
        classes.append(path.split("/")[-2])
    print(f"A twin takes {cpu / len(classes) * 1000:.1f} ms of a processor.\n", flush=True)
    return (
        np.concatenate(plain),
        np.concatenate(mirrored),
        np.unique(classes, return_inverse=True)[1],
    )


def fitted(
    name: str, vectors: Any, twins: Any, labels: Any, seed: int, mirrored: bool, make_steps: Any
) -> tuple[float, float, float]:
    """Return the accuracies on validation and test, and the seconds of a processor."""
    order = np.random.default_rng(100 + seed).permutation(len(labels))
    cuts = [int(len(order) * share) for share in (0.8, 0.9)]
    train, validation, test = np.split(order, cuts)
    learned, classes = vectors[train], labels[train]
    if mirrored:
        learned, classes = np.concatenate([learned, twins[train]]), np.tile(classes, 2)
    config = PRESETS[name].config({"seed": seed})
    fitting = Fitting(config, Watch(Silent()), None)
    started = time.process_time()
    fitting.run(
        Stage(
            name="head",
            steps=make_steps(vectors.shape[1], labels.max() + 1, config),
            train=Arrays(learned, classes),
            balance=Balance(config, classes, labels.max() + 1),
            validation=Arrays(vectors[validation], labels[validation]),
            epochs=config.epochs,
            learning_rate=config.learning_rate,
        )
    )
    seconds = time.process_time() - started
    answers = Head.of(fitting.state.best).predict(vectors[test]).argmax(axis=1)
    right = float((answers == labels[test]).mean())
    return fitting.state.best_metrics.val_accuracy or 0.0, right, seconds


def numpy_steps(width: int, classes: int, config: Any) -> Any:
    """Return what makes the steps of a head."""
    head = Head.untrained(width, classes, config.seed)
    return lambda schedule, loss: HeadSteps(head, schedule, loss, config)


def keras_steps(width: int, classes: int, config: Any) -> Any:
    """Return what makes the steps of a Keras network of the same shape."""
    import keras

    from classifier.engine.fit.keras_steps import KerasSteps
    from classifier.engine.presets.layers import head_network

    keras.utils.set_random_seed(config.seed)
    image = keras.Input((width,))
    network = head_network(keras.Model(image, image), config, classes)
    return partial(KerasSteps, network, config=config, augmentations=NOTHING)


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["efficientnet_lite0"])
