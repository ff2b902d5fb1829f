"""Cut: a model's graph in two, at the last map in which places of the image can be told apart."""

import hashlib
from typing import NamedTuple

import onnx
from google.protobuf.message import DecodeError
from onnx import helper

from classifier.engine.errors import BadModelFile
from classifier.engine.explain.graph import CHANNELS_FIRST, CHANNELS_LAST, Graph, Layout

# Sums of products with constants, and other orders of the same numbers. A convolution would be one,
# but a tail that has some is no small one.
_AFFINE = frozenset(
    {
        "Add", "AveragePool", "BatchNormalization", "Cast", "Div", "Dropout", "Flatten",
        "Gemm", "GlobalAveragePool", "Identity", "MatMul", "Mul", "ReduceMean", "ReduceSum",
        "Reshape", "Squeeze", "Sub", "Transpose", "Unsqueeze",
    }
)  # fmt: skip
# What has a slope, and is no comparison of places with each other as attention is.
_SMOOTH = _AFFINE | frozenset(
    {
        "Clip", "Concat", "Elu", "Erf", "Exp", "Gather", "Gelu", "GlobalMaxPool", "HardSigmoid",
        "HardSwish", "LayerNormalization", "LeakyRelu", "Log", "Max", "MaxPool", "Pow", "PRelu",
        "Reciprocal", "ReduceMax", "Relu", "Selu", "Shape", "Sigmoid", "Slice", "Softmax",
        "Softplus", "Sqrt", "Tanh",
    }
)  # fmt: skip
# Products of two tensors that both depend on the image.
_PRODUCTS = frozenset({"MatMul", "Gemm", "Einsum"})


class Cut(NamedTuple):
    """``front``: image to map (n, …) in ``layout``; ``tail``: map to logits (n, classes).

    Both are ONNX files. ``front_sha256`` is the same for all heads on one backbone. ``affine``:
    the tail is a sum over the map's numbers, each times a constant; in any case it has slopes.
    """

    front: bytes
    front_sha256: str
    tail: bytes
    layout: Layout
    affine: bool


def cut(content: bytes) -> Cut | None:
    """Return the two parts of a model file, None where there is no such map with slopes behind it.

    Raises BadModelFile for a file that cannot be read.
    """
    try:
        proto = onnx.load_from_string(content)
    except DecodeError as error:
        raise BadModelFile("The model file is damaged or not an ONNX model.") from error
    graph = Graph(proto)
    logits = graph.logits()
    if logits is None or logits not in graph.types:
        return None
    for name in graph.cuts(logits):
        sides = graph.sides(name)
        layout = graph.layout(name) if len(sides) == 3 and 0 not in sides else None
        if layout not in (CHANNELS_FIRST, CHANNELS_LAST):
            continue
        height, width = sides[layout.index("h") - 1], sides[layout.index("w") - 1]
        if height > 1 and width > 1:
            behind = graph.needed_for(logits, without=name)
            # A tail may ask for the shape of what the map was turned from: then that is cut.
            if not any(set(graph.inputs) & set(node.input) for node in behind):
                return _parts(graph, name, logits, layout, behind)
    return None


def _parts(
    graph: Graph, name: str, logits: str, layout: Layout, behind: list[onnx.NodeProto]
) -> Cut | None:
    before, changing = graph.needed_for(name), graph.reached_from([name])
    # Pixels are no map.
    is_map = any(node.op_type == "Conv" for node in before)
    if not is_map or not all(_is_smooth(node, changing) for node in behind):
        return None
    front = _model(graph, before, list(graph.proto.graph.input), name)
    given = helper.make_tensor_value_info(
        name, graph.types[name].elem_type, ["n", *graph.sides(name)]
    )
    tail = _model(graph, behind, [given], logits)
    return Cut(
        front=front,
        front_sha256=hashlib.sha256(front).hexdigest(),
        tail=tail,
        layout=layout,
        affine=all(_is_affine(node, changing) for node in behind),
    )


def _model(
    graph: Graph, nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto], output: str
) -> bytes:
    used = {name for node in nodes for name in node.input}
    made = helper.make_tensor_value_info(output, graph.types[output].elem_type, None)
    constants = [each for each in graph.proto.graph.initializer if each.name in used]
    part = helper.make_graph(nodes, "part", inputs, [made], constants)
    opsets, version = graph.proto.opset_import, graph.proto.ir_version
    model = helper.make_model(part, opset_imports=opsets, ir_version=version)
    return bytes(model.SerializeToString(deterministic=True))


def _is_affine(node: onnx.NodeProto, changing: set[str]) -> bool:
    places = [place for place, name in enumerate(node.input) if name in changing]
    if not places:
        return True
    # Two that change: a sum is affine, a product is not; what divides must not change.
    alone = places == [0] or (len(places) == 1 and node.op_type in ("Add", "Mul", "Sub", "MatMul"))
    return node.op_type in _AFFINE and (alone or node.op_type in ("Add", "Sub"))


def _is_smooth(node: onnx.NodeProto, changing: set[str]) -> bool:
    varying = sum(name in changing for name in node.input)
    if not varying:
        return True
    return node.op_type in _SMOOTH and not (node.op_type in _PRODUCTS and varying > 1)
