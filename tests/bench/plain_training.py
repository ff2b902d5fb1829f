"""The plain ways to train from nothing, as a notebook does: baselines of ``from_nothing``.

``python -m tests.bench.plain_training animals|cifar10 EPOCHS`` prints JSON: seconds of each epoch,
seconds since the start of the process, test accuracy. Animals: the authors' network from files by
``ImageDataGenerator`` at batch 32, flips and shifts as Loupe's ``mirror``. CIFAR-10: the network of
``cnn_tiny`` in ``model.fit`` on NumPy arrays at batch 32.
"""

import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path

STARTED = time.monotonic()

import keras  # noqa: E402  (its import is a part of what a notebook waits for)
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

DATA = Path(__file__).parents[3] / "shared" / "data"


class Clock(keras.callbacks.Callback):
    """The seconds of each epoch, validation left out as there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.monotonic() - self._began)


def animals(folder: Path, epochs: int) -> tuple[list[float], float]:
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    from tests.bench.authors_network import convolutions

    image = keras.Input((150, 150, 3))
    x = convolutions(image, "float32")
    x = keras.layers.Dense(512, activation="relu")(x)
    x = keras.layers.Dropout(0.5)(x)
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    changed = ImageDataGenerator(
        rescale=1 / 255,
        horizontal_flip=True,
        width_shift_range=0.125,
        height_shift_range=0.125,
        fill_mode="reflect",
    )
    options = {"target_size": (150, 150), "batch_size": 32, "class_mode": "categorical"}
    train = changed.flow_from_directory(str(folder / "train"), seed=0, **options)
    clock = Clock()
    model.fit(train, epochs=epochs, verbose=0, callbacks=[clock])
    plain = ImageDataGenerator(rescale=1 / 255)
    test = plain.flow_from_directory(str(folder / "validation"), shuffle=False, **options)
    return clock.seconds, model.evaluate(test, verbose=0)[1]


def cifar10(folder: Path, epochs: int) -> tuple[list[float], float]:
    from classifier.engine.presets.layers import scratch_network
    from classifier.engine.presets.registry import PRESETS

    preset = PRESETS["cnn_tiny"]
    network = scratch_network(preset, preset.defaults, 10, precision="float32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile("adam", loss, metrics=["accuracy"])
    clock = Clock()
    images, labels = _arrays(folder / "train")
    network.fit(images, labels, batch_size=32, epochs=epochs, verbose=0, callbacks=[clock])
    return clock.seconds, network.evaluate(*_arrays(folder / "test"), verbose=0)[1]


def _arrays(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    found = [
        (np.asarray(Image.open(path).convert("RGB")), index)
        for index, name in enumerate(sorted(folder.iterdir()))
        for path in sorted(name.iterdir())
    ]
    return np.stack([image for image, _ in found]), np.array([index for _, index in found])


def main(name: str, epochs: int) -> None:
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(DATA / f"{name}.zip") as zipped:
            zipped.extractall(folder)
        train = {"animals": animals, "cifar10": cifar10}[name]
        seconds, accuracy = train(Path(folder), epochs)
    whole = time.monotonic() - STARTED
    print(json.dumps({"epochs": seconds, "seconds": whole, "accuracy": accuracy}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
