"""A classic model as one ONNX file: an image's numbers, then a fitted method on top."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import helper

from classifier.engine.files import written_whole
from classifier.engine.formats.classic.builder import (
    FLOAT,
    HEAD,
    IR,
    ML_DOMAIN,
    ML_OPSET,
    OPSET,
    GraphBuilder,
)
from classifier.engine.formats.classic.features import add_features
from classifier.engine.formats.classic.plan import FeaturePlan
from classifier.engine.formats.compose import rename_tensor
from classifier.engine.formats.facts import ONNX_METADATA, ModelFacts
from classifier.engine.runtime.predictor import ANSWERS, VECTORS

Floats = npt.NDArray[np.float32]
# Adds the probabilities (n, classes) of a tensor of numbers; returns their name.
AddHead = Callable[[GraphBuilder, str], str]


def feature_model(plan: FeaturePlan) -> onnx.ModelProto:
    """Return the graph of an image's numbers alone: ``image`` uint8 to ``vector`` (n, width)."""
    graph = GraphBuilder("features")
    graph.named(add_features(graph, "image", plan), VECTORS)
    size: list[str | int | None] = ["n", plan.side, plan.side, 3]
    image = helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, size)
    numbers = helper.make_tensor_value_info(VECTORS, FLOAT, ["n", plan.width()])
    proto = helper.make_graph(graph.nodes, "classic", [image], [numbers], graph.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(proto, producer_name="loupe", opset_imports=opsets, ir_version=IR)


def backbone_model(path: Path) -> onnx.ModelProto:
    """Return the graph of a backbone's file, its output called ``vector``."""
    proto = onnx.load(str(path))
    rename_tensor(proto.graph, proto.graph.output[0].name, VECTORS)
    proto.graph.output[0].name = VECTORS
    return proto


def write_classic(below: onnx.ModelProto, add_head: AddHead, facts: ModelFacts, path: Path) -> int:
    """Write ``below`` (``feature_model`` or ``backbone_model``) with the method on top.

    The first output of the file are the answers, the second the numbers that they were made of.
    Returns how many bytes the method takes of it.
    """
    before = below.ByteSize()
    graph = below.graph
    head = GraphBuilder(HEAD)
    head.named(add_head(head, VECTORS), ANSWERS)
    graph.node.extend(head.nodes)
    graph.initializer.extend(head.constants)
    count = graph.output[0].type.tensor_type.shape.dim[0].dim_param or "n"
    answers = helper.make_tensor_value_info(ANSWERS, FLOAT, [count, len(facts.class_names)])
    outputs = [answers, graph.output[0]]
    del graph.output[:], below.metadata_props[:]
    graph.output.extend(outputs)
    below.opset_import.append(helper.make_opsetid(ML_DOMAIN, ML_OPSET))
    helper.set_model_props(below, {ONNX_METADATA: facts.to_json()})
    with written_whole(path) as part:
        part.write_bytes(below.SerializeToString(deterministic=True))
    return below.ByteSize() - before


def classic_head(path: Path) -> Callable[[Floats], Floats]:
    """Return what answers to numbers (n, width) as the file that ``write_classic`` wrote does."""
    proto = onnx.load(str(path))
    graph = proto.graph
    nodes = [node for node in graph.node if node.name.startswith(f"{HEAD}/")]
    constants = [each for each in graph.initializer if each.name.startswith(f"{HEAD}/")]
    answers, numbers = graph.output
    alone = helper.make_graph(nodes, HEAD, [numbers], [answers], constants)
    model = helper.make_model(alone, opset_imports=proto.opset_import, ir_version=proto.ir_version)
    session = _session(model)

    def predict(values: Floats) -> Floats:
        answer: list[Floats] = session.run(None, {VECTORS: np.asarray(values, np.float32)})
        return answer[0]

    return predict


def feature_session(plan: FeaturePlan) -> Callable[[npt.NDArray[np.uint8]], Floats]:
    """Return what computes the numbers (n, width) of images (n, side, side, 3) uint8."""
    session = _session(feature_model(plan))

    def numbers(pixels: npt.NDArray[np.uint8]) -> Floats:
        answer: list[Floats] = session.run(None, {"image": pixels})
        return answer[0]

    return numbers


def _session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
