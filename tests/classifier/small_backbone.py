"""A backbone of one layer: what stands under heads where no real network is needed."""

import numpy as np
import onnx
from onnx import helper, numpy_helper

from classifier.engine.formats.facts import ModelFacts

SIZE, WIDTH = 8, 12
PIXELS = np.random.default_rng(2).integers(0, 256, (19, SIZE, SIZE, 3), np.uint8)


def write_backbone(path) -> None:
    """A random network: pixels, flattened, times a matrix, without what is below 0."""
    random = np.random.default_rng(0)
    matrix = random.normal(0, 0.001, (SIZE * SIZE * 3, WIDTH)).astype(np.float32)
    uint8, float32 = onnx.TensorProto.UINT8, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["image"], ["t0"], to=float32),
            helper.make_node("Flatten", ["t0"], ["t1"]),
            helper.make_node("MatMul", ["t1", "matrix"], ["t2"]),
            helper.make_node("Relu", ["t2"], ["global_average"]),
        ],
        "backbone",
        [helper.make_tensor_value_info("image", uint8, ["count", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("global_average", float32, ["count", WIDTH])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    opset = [helper.make_opsetid("", 15)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    facts = ModelFacts(class_names=(), image_size=SIZE, fit="stretch", preset="features")
    helper.set_model_props(model, {"loupe": facts.to_json()})
    path.write_bytes(model.SerializeToString())
