"""A Keras network's files: ``model.keras`` to go on with, ``model.onnx`` to serve; they agree."""

import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import onnx
from onnx import helper

from classifier.engine.errors import ExportFailed
from classifier.engine.files import facts_of, written_whole
from classifier.engine.formats.compose import rename_tensor
from classifier.engine.formats.converter import mended_tf2onnx
from classifier.engine.formats.facts import (
    KERAS_FILE,
    METADATA_ENTRY,
    ONNX_FILE,
    ONNX_METADATA,
    TOLERANCE,
    ModelFacts,
)
from classifier.engine.outcome import FileFacts, Parity
from classifier.engine.runtime.predictor import VECTORS, Predictor
from classifier.engine.samples import Pixels


def write_model_files(
    model: keras.Model, facts: ModelFacts, folder: Path, images: Sequence[Pixels]
) -> tuple[dict[str, FileFacts], Parity]:
    """Write ``model.keras`` and ``model.onnx`` into ``folder``; return their facts and the check.

    ``model`` gives probabilities for RGB images (n, size, size, 3) of values 0..255. ``images``
    are some real ones: both files must answer alike on them, else ExportFailed is raised.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_keras(model, facts, folder / KERAS_FILE)
    write_onnx(model, facts, folder / ONNX_FILE, vectors=True)
    parity = check_parity(model, folder / ONNX_FILE, images)
    return {name: facts_of(folder / name) for name in (KERAS_FILE, ONNX_FILE)}, parity


def write_keras(model: keras.Model, facts: ModelFacts, path: Path) -> None:
    """Write the model in Keras's own format, with its facts as the entry ``loupe.json``."""
    with written_whole(path) as part:
        saved = part.with_suffix(".keras")
        model.save(saved)
        with zipfile.ZipFile(saved, "a") as archive:
            archive.writestr(METADATA_ENTRY, facts.to_json())
        saved.replace(part)


def write_onnx(model: keras.Model, facts: ModelFacts, path: Path, *, vectors: bool = False) -> None:
    """Write the model for ONNX Runtime: input ``image`` uint8, facts in its metadata.

    With ``vectors`` a second output is what goes into the last dense layer: the image's vector.
    The same model and libraries give the same bytes, so a file that was lost can be made again.
    """
    with written_whole(path) as part:
        part.write_bytes(onnx_content(model, facts, vectors=vectors))


def onnx_content(model: keras.Model, facts: ModelFacts, *, vectors: bool = False) -> bytes:
    """Return what ``write_onnx`` writes; no file is touched."""
    size = facts.image_size
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    model(np.zeros((1, size, size, 3), np.uint8))  # Keras exports only what was called once
    signature = [keras.InputSpec(shape=(None, size, size, 3), dtype="uint8", name="image")]
    with mended_tf2onnx() as converted:
        model.export("model.onnx", format="onnx", verbose=False, input_signature=signature)
    (proto,) = converted
    entry = proto.metadata_props.add()
    entry.key, entry.value = ONNX_METADATA, facts.to_json()
    _number_names(proto.graph)
    if vectors:
        _add_vectors(proto.graph)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def _number_names(graph: onnx.GraphProto) -> None:
    """Name tensors by the order of their first use: tf2onnx chooses names by chance."""
    numbers = {each.name: each.name for each in (*graph.input, *graph.output)} | {"": ""}
    for node in graph.node:
        node.name = ""
        for names in (node.input, node.output):
            names[:] = [numbers.setdefault(name, f"t{len(numbers)}") for name in names]
    constants = [each for each in graph.initializer if each.name in numbers]
    for constant in constants:
        constant.name = numbers[constant.name]
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(sorted(constants, key=lambda constant: constant.name))


def _add_vectors(graph: onnx.GraphProto) -> None:
    """Make the input of the last dense layer an output; a graph without one stays as it is."""
    kernels = {each.name: each for each in graph.initializer if len(each.dims) == 2}
    dense = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    if not dense or dense[-1].input[1] not in kernels:
        return
    rename_tensor(graph, dense[-1].input[0], VECTORS)
    width = kernels[dense[-1].input[1]].dims[0]
    count = graph.output[0].type.tensor_type.shape.dim[0].dim_param or "n"
    float32 = onnx.TensorProto.FLOAT
    graph.output.append(helper.make_tensor_value_info(VECTORS, float32, [count, width]))


def check_parity(model: keras.Model, path: Path, images: Sequence[Pixels]) -> Parity:
    """Return how far the ONNX file's answers are from the model's; raises ExportFailed."""
    return parity_of(model, Predictor.load(path), np.stack(images))


def parity_of(model: keras.Model, predictor: Predictor, images: Pixels) -> Parity:
    """Return how far the predictor's answers are from the model's; raises ExportFailed."""
    expected = np.asarray(model(images, training=False))
    received = predictor.predict(images)
    difference = float(np.abs(expected - received).max())
    if not difference <= TOLERANCE:
        raise ExportFailed(
            f"The ONNX file's answers may differ from the model's by up to "
            f"{TOLERANCE:g}; they differ by {difference:g}."
        )
    return {"max_abs_difference": difference, "tolerance": TOLERANCE, "images": len(images)}
