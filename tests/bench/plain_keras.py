"""The plain way to a classifier, as a notebook does it: the baseline of `zip_to_report.py`.

``python tests/bench/plain_keras.py ARCHIVE WEIGHTS`` unzips, reads the folders ``train`` and
``validation`` with ``image_dataset_from_directory``, trains a softmax layer on a frozen
MobileNetV2 for one epoch (batch 32, Adam), measures it, and prints JSON: accuracy, seconds since
the start of the process.
"""

import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

STARTED = time.monotonic()

import keras  # noqa: E402  (its import is a part of what a notebook waits for)

SIZE = (224, 224)


def main(archive: Path, weights: Path) -> None:
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
        train = _images(Path(folder) / "train", shuffle=True)
        test = _images(Path(folder) / "validation", shuffle=False)
        model = _model(len(train.class_names), weights)
        model.fit(train.prefetch(2), epochs=1, verbose=0)
        _, accuracy = model.evaluate(test.prefetch(2), verbose=0)
    print(json.dumps({"accuracy": accuracy, "seconds": time.monotonic() - STARTED}))


def _images(folder: Path, *, shuffle: bool) -> Any:
    return keras.utils.image_dataset_from_directory(
        folder, image_size=SIZE, batch_size=32, shuffle=shuffle, seed=0, verbose=False
    )


def _model(classes: int, weights: Path) -> keras.Model:
    backbone = keras.applications.MobileNetV2(
        input_shape=(*SIZE, 3), include_top=False, pooling="avg", weights=str(weights)
    )
    backbone.trainable = False
    image = keras.Input((*SIZE, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    answer = keras.layers.Dense(classes, "softmax")(backbone(scaled, training=False))
    model = keras.Model(image, answer)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
