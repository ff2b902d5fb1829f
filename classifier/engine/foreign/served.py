"""The served file that comes out of ``process``: trusted no more than what went in."""

import resource
import time
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from classifier.engine.errors import BadModelFile
from classifier.engine.foreign import limits
from classifier.engine.foreign.drawn import drawn_images
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.formats.facts import ONNX_METADATA, ModelFacts
from classifier.engine.runtime.predictor import Predictor, Probabilities
from programs.limits import allow_memory

_SUM_TOLERANCE = 1e-3
_ASKED = 4
_STANDARD = ("", "ai.onnx")


def check_content(content: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """Return what one image costs of a served file with the facts of ``request`` (their JSON).

    In ``process`` alone. Raises BadModelFile unless the file is a plain graph from one image to
    these classes: nothing in it may name another file or a function of its own, and its answers
    must add up to 1; ForeignRefused where it is too dear to be served beside others' models.
    """
    facts = ModelFacts.from_json(request["facts"])
    _check_graph(content, facts)
    allow_memory(limits.MEMORY_BASE_BYTES + 4 * len(content))
    predictor = Predictor.of(content, threads=1)
    images = drawn_images(facts.image_size)[:_ASKED]
    before, began = _memory(), time.process_time()
    try:
        answers = predictor.predict(images)
    except (ValueError, RuntimeError) as error:
        raise BadModelFile("The converted file does not take one image.") from error
    seconds = (time.process_time() - began) / len(images)
    _check_answers(answers, facts, len(images))
    _check_cost(seconds, _memory() - before)
    return {"seconds": seconds}


def _memory() -> int:
    """Return the most memory in bytes that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _check_cost(seconds: float, memory: int) -> None:
    if seconds > limits.SERVING_SECONDS or memory > limits.SERVING_BYTES:
        raise ForeignRefused(
            "too_dear_to_serve",
            f"An image may take {limits.SERVING_SECONDS:g} s of a core and "
            f"{limits.SERVING_BYTES:,} bytes where it is answered beside others; this network "
            f"takes {seconds:.1f} s, and {max(0, memory):,} bytes for {_ASKED}.",
            "Bring a smaller network, or one for smaller images.",
        )


def _check_graph(content: bytes, facts: ModelFacts) -> None:
    try:
        proto = onnx.load_from_string(content)
    except DecodeError as error:
        raise BadModelFile("The converted file is damaged.") from error
    graph = proto.graph
    entries = {each.key: each.value for each in proto.metadata_props}
    settings = [a for node in graph.node for a in node.attribute]
    tensors = [*graph.initializer, *(a.t for a in settings)]
    strange = (
        len(proto.functions)
        or len(proto.training_info)
        or any(a.tensors or a.sparse_tensors or a.HasField("sparse_tensor") for a in settings)
        or len(graph.sparse_initializer)
        or entries != {ONNX_METADATA: facts.to_json()}
        or any(node.domain not in _STANDARD for node in graph.node)
        or any(a.HasField("g") or a.graphs for a in settings)
        or any(t.external_data or t.data_location == onnx.TensorProto.EXTERNAL for t in tensors)
    )
    if strange:
        raise BadModelFile("The converted file holds more than a graph of ONNX's own operations.")


def _check_answers(answers: Probabilities, facts: ModelFacts, images: int) -> None:
    if answers.shape != (images, len(facts.class_names)) or not np.isfinite(answers).all():
        raise BadModelFile("The converted file does not answer with a number for each class.")
    if np.abs(answers.sum(axis=1) - 1).max() > _SUM_TOLERANCE or answers.min() < 0:
        raise BadModelFile("The converted file's answers do not add up to 1.")
