"""Writes a trained network's exports, for tests that do not load TensorFlow themselves."""

from pathlib import Path

import numpy as np

from classifier.engine.errors import BadData
from classifier.engine.files import sha256_of
from classifier.engine.fit.stored_network import stored_network
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.saved_model import write_saved_model
from classifier.engine.formats.tflite import write_tflite

NUMBERS = {
    "float32": "model.tflite",
    "float16": "model.float16.tflite",
    "dynamic": "model.dynamic.tflite",
    "int8": "model.int8.tflite",
}


def write_all(model: str, folder: str, facts: str) -> None:
    """Write every format of the network in the file `model`; `images.npy` lies in the folder."""
    out, said = Path(folder), ModelFacts.from_json(facts)
    network = stored_network(Path(model), sha256_of(Path(model)))
    images = np.load(out / "images.npy")
    write_saved_model(network, said, out / "model.saved_model.zip")
    for numbers, name in NUMBERS.items():
        write_tflite(network, said, out / name, numbers=numbers, calibration=images)
    (out / "refused.txt").write_text(_refusal(out, said))


def _refusal(folder: Path, facts: ModelFacts) -> str:
    """Return what is said of a network with an operation that TensorFlow Lite lacks."""
    import keras

    image = keras.Input((facts.image_size, facts.image_size, 3))
    answers = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(image))
    network = keras.Model(image, keras.ops.erfinv(answers))
    try:
        write_tflite(network, facts, folder / "refused.tflite")
    except BadData as error:
        return error.detail
    return ""
