"""EfficientNet-Lite0 as an ONNX graph, written directly: no TensorFlow, and within a second."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifier.engine.backbones.efficientnet_lite0.architecture import (
    BLOCKS,
    HEAD,
    OFFSET,
    SCALE,
    STEM,
    WIDTH,
    Convolution,
)
from classifier.engine.backbones.efficientnet_lite0.students import width_of
from classifier.engine.backbones.efficientnet_lite0.torch_file import Array

_OPSET = 17
_IR = 8  # the format that this opset came with


def feature_model(image_size: int, arrays: dict[str, Array]) -> onnx.ModelProto:
    """Return the network: ``image`` uint8 (n, size, size, 3) → ``features`` float32 (n, 1280)."""
    graph = _Graph(arrays)
    graph.features("features")
    return graph.model(image_size, "features", WIDTH, [], "features")


def classifier_model(
    image_size: int, arrays: dict[str, Array], class_names: Sequence[str]
) -> onnx.ModelProto:
    """Return the network with its own top: ``image`` → ``probabilities`` float32 (n, 1000)."""
    graph = _Graph(arrays)
    x = graph.features("features")
    weights, bias = (graph.constant(arrays[f"_fc.{part}"]) for part in ("weight", "bias"))
    x = graph.node("Gemm", x, weights, bias, transB=1)
    graph.node("Softmax", x, output="probabilities", axis=-1)
    return graph.model(
        image_size, "probabilities", len(class_names), class_names, "efficientnet_lite0"
    )


def student_model(
    image_size: int, arrays: dict[str, Array], blocks: int, class_names: Sequence[str]
) -> onnx.ModelProto:
    """Return the first ``blocks`` with an untrained last layer: ``image`` → ``probabilities``.

    As fast as the trained one will be: each number is another, the work is the same.
    """
    graph = _Graph(arrays)
    x = graph.node("GlobalAveragePool", graph.blocks("image", blocks))
    kernel = np.zeros((width_of(blocks), len(class_names)))
    x = graph.node("MatMul", graph.node("Flatten", x), graph.constant(kernel))
    x = graph.node("Add", x, graph.constant(np.zeros(len(class_names))))
    graph.node("Softmax", x, output="probabilities", axis=-1)
    return graph.model(image_size, "probabilities", len(class_names), class_names, "untrained")


class _Graph:
    """Nodes and constants, numbered in the order in which they are made."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self._arrays = arrays
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, value: npt.ArrayLike) -> str:
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(value, np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def features(self, output: str) -> str:
        """Return the pooled features (n, 1280) of the input ``image``."""
        x = self.convolved(self.blocks("image", len(BLOCKS)), HEAD)
        return self.node("Flatten", self.node("GlobalAveragePool", x), output=output)

    def blocks(self, image: str, count: int) -> str:
        """Return what comes out of the first ``count`` blocks (n, channels, side, side)."""
        x = self.convolved(self.pixels(image), STEM)
        for block in BLOCKS[:count]:
            entered = x
            for convolution in block.convolutions:
                x = self.convolved(x, convolution)
            if block.residual:
                x = self.node("Add", entered, x)
        return x

    def model(
        self, image_size: int, output: str, width: int, class_names: Sequence[str], preset: str
    ) -> onnx.ModelProto:
        """Return what was made as a model that says about itself what Loupe's own files say."""
        size: list[str | int | None] = ["n", image_size, image_size, 3]
        graph = helper.make_graph(
            self.nodes,
            "efficientnet_lite0",
            [helper.make_tensor_value_info("image", TensorProto.UINT8, size)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(
            graph, producer_name="loupe", opset_imports=opsets, ir_version=_IR
        )
        facts = {"class_names": list(class_names), "image_size": image_size, "preset": preset}
        text = json.dumps({"format": 1, **facts}, ensure_ascii=False)
        helper.set_model_props(model, {"loupe": text})
        return model

    def pixels(self, image: str) -> str:
        """Return (n, 3, size, size) as the stem wants it."""
        x = self.node("Cast", image, to=TensorProto.FLOAT)
        x = self.node("Mul", x, self.constant(SCALE))
        x = self.node("Add", x, self.constant(OFFSET))
        return self.node("Transpose", x, perm=[0, 3, 1, 2])

    def convolved(self, x: str, convolution: Convolution) -> str:
        kernel, bias = convolution.folded(self._arrays)
        x = self.node(
            "Conv",
            x,
            self.constant(kernel),
            self.constant(bias),
            auto_pad="SAME_UPPER",
            group=convolution.filters if convolution.depthwise else 1,
            kernel_shape=[convolution.kernel] * 2,
            strides=[convolution.stride] * 2,
        )
        if not convolution.activated:
            return x
        return self.node("Clip", x, self.constant(0.0), self.constant(6.0))
