"""Small networks with a map, written by hand, and images whose marker decides the class."""

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from classifier.engine.formats.facts import ModelFacts
from classifier.engine.runtime.predictor import open_session

SIDE, MARKER, CHANNELS = 32, 6, 24
FLOAT, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8
CLASS_NAMES = ("red", "blue")


def images(count: int, seed: int, side: int = SIDE, marker: int = MARKER):
    """Return noise with a red or a blue square, its class (n,), and the square's corner (n, 2)."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    corners = random.integers(0, side - marker + 1, (count, 2))
    pixels = random.integers(50, 190, (count, side, side, 3)).astype(np.uint8)
    for number, (row, column) in enumerate(corners):
        place = pixels[number, row : row + marker, column : column + marker]
        place[:] = (235, 40, 40) if labels[number] == 0 else (40, 40, 235)
    return pixels, labels, corners


def is_hit(heat, corner, side: int = SIDE, marker: int = MARKER) -> bool:
    """Whether the hottest cell touches the marker."""
    cell = side / np.array(heat.shape)
    start = np.array(np.unravel_index(heat.argmax(), heat.shape)) * cell
    return bool(np.all(start + cell > corner) and np.all(start < corner + marker))


class Small:
    """Convolutions of random filters, then a tail whose weights are fitted by scikit-learn."""

    def __init__(self, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.constants = {
            "offset": np.full((1, 1, 1, 1), -120, np.float32),
            "scale": np.full((1, 1, 1, 1), 1 / 60, np.float32),
            "k1": random.normal(0, 0.25, (CHANNELS, 3, 5, 5)).astype(np.float32),
            "k2": random.normal(0, 0.1, (2 * CHANNELS, CHANNELS, 3, 3)).astype(np.float32),
            "b2": np.full(2 * CHANNELS, -0.5, np.float32),
        }
        self.nodes = [
            helper.make_node("Cast", ["image"], ["x0"], to=FLOAT),
            helper.make_node("Add", ["x0", "offset"], ["x1"]),
            helper.make_node("Mul", ["x1", "scale"], ["x2"]),
            helper.make_node("Transpose", ["x2"], ["x3"], perm=[0, 3, 1, 2]),
            helper.make_node("Conv", ["x3", "k1"], ["x4"], auto_pad="SAME_UPPER"),
            helper.make_node("Relu", ["x4"], ["x5"]),
            helper.make_node("MaxPool", ["x5"], ["x6"], kernel_shape=[2, 2], strides=[2, 2]),
            helper.make_node("Conv", ["x6", "k2", "b2"], ["x7"], auto_pad="SAME_UPPER"),
            helper.make_node("Relu", ["x7"], ["x8"]),
            helper.make_node("MaxPool", ["x8"], ["map"], kernel_shape=[2, 2], strides=[2, 2]),
        ]

    def add(self, operator: str, inputs, output: str, **attributes) -> None:
        """Add a node of one output."""
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))

    def file(self, output: str, width: int, class_names=()) -> bytes:
        """Return the file of what was added so far."""
        graph = helper.make_graph(
            self.nodes,
            "small",
            [helper.make_tensor_value_info("image", UINT8, ["n", SIDE, SIDE, 3])],
            [helper.make_tensor_value_info(output, FLOAT, ["n", width])],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        opset = [helper.make_opsetid("", 15)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        facts = ModelFacts(
            class_names=tuple(class_names), image_size=SIDE, fit="stretch", preset="small"
        )
        helper.set_model_props(model, {"loupe": facts.to_json()})
        return model.SerializeToString()


def linear() -> bytes:
    """Return the mean over all places and a linear head; the mean is taken channels last."""
    small = Small()
    small.add("Transpose", ["map"], "last", perm=[0, 2, 3, 1])
    small.add("ReduceMean", ["last"], "pooled", axes=[1, 2], keepdims=0)
    head = LogisticRegression(C=100, max_iter=300).fit(*_features(small, "pooled"))
    # Of two classes scikit-learn has one logit, the second's.
    small.constants["w"] = np.stack([-head.coef_[0], head.coef_[0]], axis=1).astype(np.float32)
    small.constants["b"] = np.array([-head.intercept_[0], head.intercept_[0]], np.float32)
    small.add("MatMul", ["pooled", "w"], "product")
    small.add("Add", ["product", "b"], "logits")
    small.add("Softmax", ["logits"], "probabilities", axis=1)
    return small.file("probabilities", 2, CLASS_NAMES)


def hidden() -> bytes:
    """Return the mean over all places, a hidden layer, a head."""
    small = Small()
    small.add("GlobalAveragePool", ["map"], "mean")
    small.add("Flatten", ["mean"], "pooled")
    values, labels = _features(small, "pooled")
    width = values.std(axis=0) + 1e-6
    net = MLPClassifier((16,), solver="lbfgs", max_iter=2000, random_state=0, alpha=5)
    net.fit((values - values.mean(axis=0)) / width, labels)
    (first, second), (bias, last) = net.coefs_, net.intercepts_
    folded = first / width[:, None]
    weights = {
        "w1": folded,
        "c1": bias - values.mean(axis=0) @ folded,
        "w2": np.concatenate([-second, second], axis=1),
        "c2": np.array([-last[0], last[0]]),
    }
    small.constants |= {name: value.astype(np.float32) for name, value in weights.items()}
    small.add("Gemm", ["pooled", "w1", "c1"], "h1")
    small.add("Relu", ["h1"], "h2")
    small.add("Gemm", ["h2", "w2", "c2"], "logits")
    small.add("Softmax", ["logits"], "softmax", axis=1)
    small.add("Identity", ["softmax"], "probabilities")
    return small.file("probabilities", 2, CLASS_NAMES)


def _features(small: Small, output: str):
    pixels, labels, _ = images(200, seed=1)
    session = open_session(small.file(output, 2 * CHANNELS))
    return session.run([output], {"image": pixels})[0].astype(np.float64), labels
