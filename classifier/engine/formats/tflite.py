"""A Keras network for TensorFlow Lite, of built-in operations alone. For workers alone."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras
import tensorflow as tf

from classifier.engine.errors import BadData
from classifier.engine.files import written_whole
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.said import append_entries
from classifier.engine.formats.saved_model import save_network
from classifier.engine.samples import Pixels

Numbers = Literal["float32", "float16", "dynamic", "int8"]
# What the converter says of operations that TensorFlow Lite lacks.
_MISSING = re.compile(r"(?:TF Select|Flex|Custom) ops: ([^\n]+)")


def write_tflite(
    model: keras.Model,
    facts: ModelFacts,
    path: Path,
    *,
    numbers: Numbers = "float32",
    calibration: Pixels | None = None,
) -> None:
    """Write the model for TensorFlow Lite: one image in, uint8; facts as a zip behind it.

    ``numbers`` are those that it calculates with: ``float16`` rounds weights, ``dynamic`` makes
    them integers of 8 bits, ``int8`` all numbers in between, too, with the ranges that these have
    on ``calibration``, images (n, size, size, 3).

    Raises BadData where the network needs an operation that TensorFlow Lite does not have: the
    converter would fall back on TensorFlow's own (Flex), which phones do not bring.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        save_network(model, facts.image_size, Path(name), batch=1)
        converter = tf.lite.TFLiteConverter.from_saved_model(name)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if numbers != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if numbers == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if numbers == "int8":
            if calibration is None or not len(calibration):
                raise ValueError("int8 needs images that say which ranges numbers have")
            whole = tf.lite.OpsSet.TFLITE_BUILTINS_INT8
            converter.target_spec.supported_ops = [whole, tf.lite.OpsSet.TFLITE_BUILTINS]
            converter.representative_dataset = lambda: _one_by_one(calibration)
        content = _converted(converter)
    with written_whole(path) as part:
        part.write_bytes(content)
        append_entries(part, facts)


def _one_by_one(images: Pixels) -> Iterator[list[Pixels]]:
    for image in images:
        yield [image[None]]


def _converted(converter: Any) -> bytes:
    try:
        content: bytes = converter.convert()
    except Exception as error:
        found = _MISSING.findall(str(error))
        if not found:
            raise
        raise BadData(
            "TensorFlow Lite has no built-in operation for what this network needs: "
            f"{', '.join(found)}.",
            "Export it as ONNX or as a SavedModel.",
        ) from error
    return content
