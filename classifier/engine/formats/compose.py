"""One ONNX file of a backbone and a head, written without TensorFlow."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
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
            helper.make_node("Gemm", [VECTORS, KERNEL, BIAS], ["head_logits"]),
            helper.make_node(target.ONNX_ACTIVATION, ["head_logits"], [ANSWERS], axis=1),
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
