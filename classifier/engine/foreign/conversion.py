"""Opening a checked network with Keras, and writing it for ONNX Runtime. In ``process`` alone."""

import io
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras.src.saving import saving_lib

from classifier.engine.errors import BadModelFile, ExportFailed, OutOfMemory
from classifier.engine.foreign import limits
from classifier.engine.foreign.drawn import drawn_images
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.package import rewritten
from classifier.engine.foreign.plain import make_plain
from classifier.engine.foreign.scaling import SCALINGS, Input, scaled
from classifier.engine.foreign.stated import Answers
from classifier.engine.formats.export import onnx_content, parity_of
from classifier.engine.formats.facts import IMPORTED, ModelFacts
from classifier.engine.outcome import Parity
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Pixels

_SUM_TOLERANCE = 1e-2
_BATCH = 8


class Opened(NamedTuple):
    """A foreign network in memory, and how many answers it gives."""

    network: keras.Model
    outputs: int


class Converted(NamedTuple):
    """The served file's content, and what was found on the way.

    ``answers`` is what the network gave; ``parity`` is measured on images that Loupe draws.
    """

    content: bytes
    answers: Answers
    parameters: int
    parity: Parity


def open_network(network: dict[str, Any], weights: bytes) -> Opened:
    """Return the network that a checked configuration describes, with its weights.

    Raises ForeignRefused where weights and layers do not belong together.
    """
    package = rewritten(json.dumps(network).encode(), weights)
    try:
        # Keras's public function takes a path alone, and here are no files.
        found = saving_lib._load_model_from_fileobj(package, None, False, True)
    except MemoryError as error:
        raise OutOfMemory from error
    except Exception as error:  # Keras raises what its layers do: any class
        raise ForeignRefused(
            "keras_refuses",
            f"Keras {keras.__version__} cannot open the network: {_first_line(error)}.",
            "Load it with that version of Keras, save it again, and bring that file.",
        ) from error
    if found.count_params() > limits.PARAMETERS:
        raise ForeignRefused(
            "too_many_parameters",
            f"A network may have {limits.PARAMETERS:,} parameters; it has "
            f"{found.count_params():,}.",
        )
    make_plain(found)
    shape = found.output_shape
    if not isinstance(shape, tuple) or None in shape[1:] or int(np.prod(shape[1:])) < 1:
        raise ForeignRefused(
            "bad_output", f"The network answers {shape}; it must give one number for each class."
        )
    return Opened(found, int(np.prod(shape[1:])))


def convert(
    opened: Opened, class_names: Sequence[str], size: int, given: Input, answers: Answers, fit: Any
) -> Converted:
    """Return the network as Loupe serves it: pixels in, probabilities out.

    Raises ForeignRefused where the answers are not what the file says, ExportFailed where the
    served file does not answer as Keras does.
    """
    images = drawn_images(size)
    found = _told(opened, given, answers, images)
    model = _served(opened, size, given, found)
    facts = ModelFacts(class_names=tuple(class_names), image_size=size, fit=fit, preset=IMPORTED)
    try:
        content = onnx_content(model, facts, vectors=True)
    except MemoryError as error:
        raise OutOfMemory from error
    except Exception as error:  # tf2onnx raises ValueError, RuntimeError, KeyError, …
        raise ForeignRefused(
            "not_convertible",
            f"The network has an operation that cannot be converted to ONNX: {_first_line(error)}.",
        ) from error
    try:
        parity = parity_of(model, Predictor.of(content), images)
    except (ExportFailed, BadModelFile, ValueError) as error:
        raise ForeignRefused(
            "not_convertible",
            f"What ONNX makes of the network answers otherwise than Keras: {_first_line(error)}.",
        ) from error
    return Converted(content, found, opened.network.count_params(), parity)


def trial(
    opened: Opened, images: Pixels, given: Input, answers: Answers
) -> dict[str, npt.NDArray[np.float32]]:
    """Return the probabilities (n, classes) of images (n, size, size, 3) by every scaling.

    The one that was stated is under "", the others under their names.
    """
    ways = {"": (SCALINGS[given.scaling], given.channels)}
    for name, scaling in SCALINGS.items():
        if name != given.scaling:
            ways[name] = (scaling, scaling.channels)
    return {
        name: np.concatenate(
            [
                np.asarray(
                    _probabilities(
                        _call(opened, scaled(images[start : start + _BATCH], *way, keras.ops)),
                        answers,
                    )
                )
                for start in range(0, len(images), _BATCH)
            ]
        )
        for name, way in ways.items()
    }


def warm_up() -> None:
    """Convert a small network, so that all modules and files that it takes are loaded."""
    inner = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2),
        ]
    )
    stream = io.BytesIO()
    saving_lib._save_model_to_fileobj(inner, stream, "h5")
    stream.seek(0)
    loaded = saving_lib._load_model_from_fileobj(stream, None, False, True)
    given = Input(size=16, scaling="caffe", channels="bgr")
    convert(Opened(loaded, 2), ("a", "b"), 16, given, "logits", "stretch")


def _told(opened: Opened, given: Input, answers: Answers, images: Pixels) -> Answers:
    """Return what the answers are: as the file says, where they look like that."""
    found = np.asarray(
        _call(opened, scaled(images, SCALINGS[given.scaling], given.channels, keras.ops))
    )
    if not np.isfinite(found).all():
        raise ForeignRefused(
            "not_finite", "The network answers with something that is no number (NaN or infinite)."
        )
    sums = bool(found.min() >= 0 and np.abs(found.sum(axis=1) - 1).max() < _SUM_TOLERANCE)
    if answers == "unknown":
        if not sums or opened.outputs == 1:
            raise ForeignRefused(
                "last_activation",
                "It cannot be told what the network's answers are: they do not add up to 1.",
                "Let it end in Dense(…, activation='softmax'), and save it again.",
            )
        return "softmax"
    if answers == "softmax" and not sums:
        raise ForeignRefused(
            "last_activation",
            "The file says softmax, but the network's answers do not add up to 1.",
        )
    return answers


def _served(opened: Opened, size: int, given: Input, answers: Answers) -> keras.Model:
    inputs = keras.Input((size, size, 3), dtype="uint8", name="image")
    pixels = scaled(inputs, SCALINGS[given.scaling], given.channels, keras.ops)
    return keras.Model(inputs, _probabilities(_call(opened, pixels), answers), name="served")


def _call(opened: Opened, pixels: Any) -> Any:
    found = opened.network(pixels, training=False)
    return keras.ops.reshape(keras.ops.cast(found, "float32"), (-1, opened.outputs))


def _probabilities(found: Any, answers: Answers) -> Any:
    """Return probabilities: softmax of logits; of one output, those of the first class and it."""
    if found.shape[-1] == 1:
        second = found if answers == "sigmoid" else keras.ops.sigmoid(found)
        return keras.ops.concatenate([1 - second, second], axis=-1)
    return keras.ops.softmax(found, axis=-1) if answers == "logits" else found


def _first_line(error: Exception) -> str:
    """Return the start of a library's message; it may quote the file, no place of ours."""
    words = str(error).strip().splitlines()
    shown = (words[0] if words else type(error).__name__).encode("unicode_escape").decode()
    return shown[:200].rstrip(".")
