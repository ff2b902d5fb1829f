"""Graph: an ONNX graph as the explanations walk it, from an answer back to the image."""

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import onnx

# What passes a value on, place by place; the layout of an image stays.
_BY_PLACE = frozenset(
    {
        "Abs", "Add", "BatchNormalization", "Cast", "Clip", "Concat", "Div", "Dropout", "Elu",
        "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Max", "Min",
        "Mul", "PRelu", "Pad", "Pow", "Relu", "Selu", "Sigmoid", "Softplus", "Sqrt", "Sub", "Tanh",
    }
)  # fmt: skip
# What takes and gives (n, channels, height, width), by its definition.
_CHANNELS_FIRST = frozenset(
    {"AveragePool", "Conv", "ConvTranspose", "DepthToSpace", "LRN", "MaxPool", "SpaceToDepth"}
)
Layout = tuple[str, ...]
CHANNELS_FIRST: Layout = ("n", "c", "h", "w")
CHANNELS_LAST: Layout = ("n", "h", "w", "c")


class Graph:
    """The nodes of a graph, and what depends on its images."""

    def __init__(self, proto: onnx.ModelProto) -> None:
        self.proto = proto
        self.nodes = list(proto.graph.node)
        self.inputs = [each.name for each in proto.graph.input]
        self.maker = {name: node for node in self.nodes for name in node.output if name}
        self.varying = self.reached_from(self.inputs)

    @cached_property
    def types(self) -> dict[str, Any]:
        """Types and shapes of the tensors, as far as they can be told; it copies the weights."""
        inferred = onnx.shape_inference.infer_shapes(self.proto, data_prop=True).graph
        found = (*inferred.value_info, *inferred.output, *inferred.input)
        return {each.name: each.type.tensor_type for each in found}

    def reached_from(self, names: list[str]) -> set[str]:
        """Return the tensors that change with the values of these, themselves included."""
        found = set(names)
        for node in self.nodes:
            # A shape is the same whatever the values.
            if node.op_type != "Shape" and not found.isdisjoint(node.input):
                found.update(name for name in node.output if name)
        return found

    def needed_for(self, name: str, without: str = "") -> list[onnx.NodeProto]:
        """Return the nodes that make a tensor, in order; ``without`` is taken as given."""
        wanted: set[str] = set()
        open_names = deque([name])
        while open_names:
            each = open_names.popleft()
            if each in wanted or each == without:
                continue
            wanted.add(each)
            if each in self.maker:
                open_names.extend(filter(None, self.maker[each].input))
        return [node for node in self.nodes if not wanted.isdisjoint(node.output)]

    def logits(self) -> str | None:
        """Return what the last softmax takes, over the classes; None where there is none.

        Of a logistic curve and its rest, for two classes, what the curve takes: (n, 1).
        """
        name = self.proto.graph.output[0].name
        while (node := self.maker.get(name)) is not None:
            if node.op_type == "Softmax":
                return str(node.input[0])
            if node.op_type == "Concat" and len(node.input) == 2:
                return self._of_curve(*node.input)
            if node.op_type not in ("Identity", "Cast"):
                return None
            name = node.input[0]
        return None

    def _of_curve(self, first: str, second: str) -> str | None:
        rest, curve = self.maker.get(first), self.maker.get(second)
        if rest is None or curve is None or curve.op_type != "Sigmoid":
            return None
        is_rest = rest.op_type == "Sub" and rest.input[1] == second
        return str(curve.input[0]) if is_rest else None

    def cuts(self, name: str) -> Iterator[str]:
        """Yield the tensors through which alone the images reach ``name``, the last first.

        Backwards: what the nodes so far still take of the images, and there it is one tensor alone.
        """
        taken = {name}
        for node in reversed(self.nodes):
            if taken.isdisjoint(node.output):
                continue
            taken.difference_update(node.output)
            taken.update(each for each in node.input if each in self.varying)
            if len(taken) == 1 and taken.isdisjoint(self.inputs):
                yield next(iter(taken))

    def sides(self, name: str) -> list[int]:
        """Return the sides of a tensor but for the first, 0 for those that are not known."""
        if name not in self.types:
            return []
        return [side.dim_value for side in self.types[name].shape.dim][1:]

    def layout(self, name: str) -> Layout | None:
        """Return what the four axes of a tensor are, None where that cannot be told."""
        turns: list[list[int]] = []
        while name in self.maker:
            node = self.maker[name]
            if node.op_type in _CHANNELS_FIRST:
                return _turned(CHANNELS_FIRST, turns)
            if node.op_type == "Transpose":
                turns.append(next((list(each.ints) for each in node.attribute), [3, 2, 1, 0]))
            elif node.op_type not in _BY_PLACE:
                return None
            from_image = [each for each in node.input if each in self.varying]
            if not from_image:
                return None
            name = from_image[0]
        return _turned(CHANNELS_LAST, turns) if name in self.inputs else None


def _turned(layout: Layout, turns: list[list[int]]) -> Layout:
    for turn in reversed(turns):
        layout = tuple(layout[axis] for axis in turn)
    return layout
