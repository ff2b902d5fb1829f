"""One ONNX file of a backbone and a head, written without TensorFlow."""

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper

from classifier.engine import target
from classifier.engine.errors import BadModelFile, ExportFailed
from classifier.engine.files import written_whole
from classifier.engine.formats.facts import ONNX_METADATA, ModelFacts
from classifier.engine.outcome import Parity
from classifier.engine.runtime.predictor import ANSWERS, VECTORS, Predictor
from classifier.engine.samples import Pixels

Floats = npt.NDArray[np.float32]

KERNEL, BIAS = "head_kernel", "head_bias"
_LOGITS = "head_logits"
# The head's sums are the same ones in another order; backbone and pixels are the same.
HEAD_TOLERANCE = 1e-5


def write_composed(
    backbone: Path, kernel: Floats, bias: Floats, facts: ModelFacts, path: Path
) -> int:
    """Write the backbone's graph with a dense layer and the answers' activation on top.

    Returns the number of weights in the file.

    ``backbone`` has one output (n, width); ``kernel`` is (width, classes), ``bias`` (classes,).
    The first output of the file are the answers, the second the vectors that they were made of.
    The same inputs give the same bytes, so a file that was lost can be made again.
    """
    proto = onnx.load(str(backbone))
    graph = proto.graph
    rename_tensor(graph, graph.output[0].name, VECTORS)
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.asarray(kernel, np.float32), KERNEL),
            numpy_helper.from_array(np.asarray(bias, np.float32), BIAS),
        ]
    )
    graph.node.extend(
        [
            helper.make_node("Gemm", [VECTORS, KERNEL, BIAS], [_LOGITS]),
            helper.make_node(target.ONNX_ACTIVATION, [_LOGITS], [ANSWERS], axis=1),
        ]
    )
    count = graph.input[0].type.tensor_type.shape.dim[0].dim_param or "n"
    float32 = onnx.TensorProto.FLOAT
    del graph.output[:]
    graph.output.extend(
        [
            helper.make_tensor_value_info(ANSWERS, float32, [count, kernel.shape[1]]),
            helper.make_tensor_value_info(VECTORS, float32, [count, kernel.shape[0]]),
        ]
    )
    del proto.metadata_props[:]
    helper.set_model_props(proto, {ONNX_METADATA: facts.to_json()})
    with written_whole(path) as part:
        part.write_bytes(proto.SerializeToString(deterministic=True))
    weights = [each for each in graph.initializer if each.data_type == float32]
    return sum(math.prod(each.dims) for each in weights)


class Parts(NamedTuple):
    """What a composed file was put together of: the backbone's own file, its hash, the head."""

    backbone: bytes
    backbone_sha256: str
    kernel: Floats
    bias: Floats
    facts: ModelFacts


def take_apart(content: bytes) -> Parts | None:
    """Return the parts of a file that ``write_composed`` wrote, None for every other.

    Files on one backbone give the same backbone, byte for byte, whatever their heads.
    Raises BadModelFile where the file cannot be read.
    """
    try:
        proto = onnx.load_from_string(content)
    except DecodeError as error:
        raise BadModelFile("The model file is damaged or not an ONNX model.") from error
    graph = proto.graph
    last = [(node.op_type, list(node.input)) for node in graph.node[-2:]]
    if last != [("Gemm", [VECTORS, KERNEL, BIAS]), (target.ONNX_ACTIVATION, [_LOGITS])]:
        return None
    head = {each.name: each for each in graph.initializer if each.name in (KERNEL, BIAS)}
    kernel, bias = (numpy_helper.to_array(head[name]).copy() for name in (KERNEL, BIAS))
    facts = ModelFacts.from_json(
        next(each.value for each in proto.metadata_props if each.key == ONNX_METADATA)
    )
    for each in head.values():
        graph.initializer.remove(each)
    del graph.node[-2:], graph.output[0], proto.metadata_props[:]
    # The network is the same whatever the fit: its session is shared.
    size = facts.image_size
    alone = ModelFacts(class_names=(), image_size=size, fit="stretch", preset="features")
    helper.set_model_props(proto, {ONNX_METADATA: alone.to_json()})
    backbone = proto.SerializeToString(deterministic=True)
    return Parts(backbone, hashlib.sha256(backbone).hexdigest(), kernel, bias, facts)


def read_head(path: Path) -> tuple[Floats, Floats]:
    """Return kernel and bias of a file that ``write_composed`` wrote.

    Raises BadModelFile for another file.
    """
    found = {each.name: each for each in onnx.load(str(path)).graph.initializer}
    if not {KERNEL, BIAS} <= found.keys():
        raise BadModelFile("The model file has no head of its own.")
    return numpy_helper.to_array(found[KERNEL]), numpy_helper.to_array(found[BIAS])


def check_composed(
    path: Path, head: Callable[[Floats], Floats], images: Sequence[Pixels]
) -> Parity:
    """Return how far the file's answers are from the head's on the same vectors.

    Raises ExportFailed past ``HEAD_TOLERANCE``.
    """
    received, vectors = Predictor.load(path).predict_with_vectors(np.stack(images))
    difference = float(np.abs(head(vectors) - received).max())
    if not difference <= HEAD_TOLERANCE:
        raise ExportFailed(
            f"The ONNX file's answers may differ from the head's by up to {HEAD_TOLERANCE:g}; "
            f"they differ by {difference:g}."
        )
    return {
        "max_abs_difference": difference,
        "tolerance": HEAD_TOLERANCE,
        "images": len(images),
    }


def rename_tensor(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Give a tensor another name wherever it stands."""
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
