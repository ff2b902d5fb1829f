"""tf2onnx with three mends, for as long as it needs them. For trainers alone."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
from tf2onnx import convert, optimizer
from tf2onnx.graph import Graph
from tf2onnx.handler import tf_op

logger = logging.getLogger(__name__)


@contextmanager
def mended_tf2onnx() -> Iterator[list[Any]]:
    """Let tf2onnx change its graph in place while the block lasts; give what it converts.

    The list gets each graph as tf2onnx returns it, and nothing is written to a file: Keras would
    write it to be read again, and a process without files could not.

    Around each of two dozen passes it copies all weights: once to go on if the pass fails, once
    into a message that nothing reads before the end, and both stay in memory: 5 GB for the 94 MB of
    ResNet50V2. Where a pass fails, as one does on MobileNetV3, all are done again in tf2onnx's way.
    """
    optimized, updated = optimizer.optimize_graph, Graph.update_proto
    from_function, converted = convert.from_function, []

    def kept(*arguments: Any, output_path: object = None, **options: Any) -> Any:
        found = from_function(*arguments, **options)
        converted.append(found[0])
        return found

    def in_place(graph: Any, _: bool, optimizers: Any = None) -> Any:
        Graph.update_proto = lambda *_: None
        try:
            return optimized(deepcopy(graph), False, optimizers)
        except Exception:
            logger.info("A pass of tf2onnx has failed; it is left out", exc_info=True)
        finally:
            Graph.update_proto = updated
        return optimized(graph, True, optimizers)

    optimizer.optimize_graph, convert.from_function = in_place, kept
    try:
        yield converted
    finally:
        optimizer.optimize_graph, convert.from_function = optimized, from_function


@tf_op("Erfc")
class Erfc:
    """The complement of the error function, which GELU is made of: 1 - erf(x)."""

    @classmethod
    def version_9(cls, ctx: Any, node: Any, **_: Any) -> None:
        """Replace the operation by two that ONNX has from opset 9 on."""
        kind, shape = ctx.get_dtype(node.output[0]), ctx.get_shape(node.output[0])
        error = ctx.make_node("Erf", node.input)
        one = ctx.make_const(f"{node.name}_one", np.array(1, np.float32))
        outputs = list(node.output)
        ctx.remove_node(node.name)
        ctx.make_node(
            "Sub", [one.output[0], error.output[0]], outputs=outputs, shapes=[shape], dtypes=[kind]
        )
