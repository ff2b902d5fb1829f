"""GraphBuilder: nodes of an ONNX graph, written one after the other."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
# Of ONNX itself, and of its part for trees.
OPSET, ML_OPSET, IR = 15, 3, 8
ML_DOMAIN = "ai.onnx.ml"
# What the nodes on top of an image's numbers are called: they are found again by it.
HEAD = "head"


class GraphBuilder:
    """Nodes and constants under a common prefix, with names by their order.

    The same calls give the same names, so a file that was lost can be made again.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: npt.ArrayLike, dtype: Any = np.float32) -> str:
        """Return the name of a constant tensor."""
        name = f"{self._prefix}/constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype), name))
        return name

    def indices(self, values: npt.ArrayLike) -> str:
        """Return the name of a constant tensor of whole numbers: axes, places, shapes."""
        return self.constant(values, np.int64)

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output; return its name."""
        return self.outputs(operator, *inputs, count=1, **attributes)[0]

    def outputs(self, operator: str, *inputs: str, count: int, **attributes: Any) -> list[str]:
        """Add a node of several outputs; return their names."""
        number = len(self.nodes)
        names = [f"{self._prefix}/{operator.lower()}{number}.{place}" for place in range(count)]
        domain = ML_DOMAIN if operator.startswith("TreeEnsemble") else None
        node = helper.make_node(
            operator, list(inputs), names, name=f"{self._prefix}/{number}", domain=domain,
            **attributes,
        )  # fmt: skip
        self.nodes.append(node)
        return names

    def named(self, value: str, name: str) -> None:
        """Give a tensor a name of its own."""
        self.nodes.append(
            helper.make_node("Identity", [value], [name], name=f"{self._prefix}/{len(self.nodes)}")
        )

    def sliced(self, value: str, axis: int, start: int, end: int) -> str:
        """Return places ``start`` to ``end`` (not included) along an axis."""
        edges = (self.indices([start]), self.indices([end]), self.indices([axis]))
        return self.node("Slice", value, *edges)
