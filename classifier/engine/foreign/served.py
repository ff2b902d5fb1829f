"""The served file that comes out of ``process``: trusted no more than what went in."""

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from classifier.engine.errors import BadModelFile
from classifier.engine.foreign.drawn import drawn_images
from classifier.engine.formats.facts import ONNX_METADATA, ModelFacts
from classifier.engine.runtime.predictor import Predictor

_SUM_TOLERANCE = 1e-3
_STANDARD = ("", "ai.onnx")


def check_served(content: bytes, facts: ModelFacts) -> None:
    """Raise BadModelFile unless the file is a plain graph from one image to these classes.

    Nothing in it may name another file or a function of its own, and its answers must add up to 1.
    """
    try:
        proto = onnx.load_from_string(content)
    except DecodeError as error:
        raise BadModelFile("The converted file is damaged.") from error
    graph = proto.graph
    entries = {each.key: each.value for each in proto.metadata_props}
    tensors = [*graph.initializer, *(a.t for node in graph.node for a in node.attribute)]
    strange = (
        len(proto.functions)
        or len(graph.sparse_initializer)
        or entries != {ONNX_METADATA: facts.to_json()}
        or any(node.domain not in _STANDARD for node in graph.node)
        or any(a.HasField("g") or a.graphs for node in graph.node for a in node.attribute)
        or any(t.external_data or t.data_location == onnx.TensorProto.EXTERNAL for t in tensors)
    )
    if strange:
        raise BadModelFile("The converted file holds more than a graph of ONNX's own operations.")
    images = drawn_images(facts.image_size)
    try:
        answers = Predictor.of(content).predict(images)
    except (ValueError, RuntimeError) as error:
        raise BadModelFile("The converted file does not take one image.") from error
    if answers.shape != (len(images), len(facts.class_names)) or not np.isfinite(answers).all():
        raise BadModelFile("The converted file does not answer with a number for each class.")
    if np.abs(answers.sum(axis=1) - 1).max() > _SUM_TOLERANCE or answers.min() < 0:
        raise BadModelFile("The converted file's answers do not add up to 1.")
