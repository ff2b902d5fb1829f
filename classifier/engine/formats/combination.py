"""How the answers of several models become one, in NumPy and as operators of an ONNX graph."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.engine.formats.classic.builder import GraphBuilder
from classifier.engine.target import ONNX_ACTIVATION, Scores, probabilities

Floats = npt.NDArray[np.float32]

# What a probability counts as at least: its logarithm is taken.
LEAST = 1e-7


def logarithms(answers: Scores) -> Scores:
    """Return the logarithms of probabilities."""
    return np.log(np.maximum(answers, LEAST))


@dataclass(frozen=True, kw_only=True)
class Mean:
    """The mean of the members' probabilities.

    Each member's are divided by its temperature first (on the scale of logits); ``weights`` are
    not negative and sum to one. ``temperature`` is that of the mean.
    """

    temperatures: tuple[float, ...]
    weights: tuple[float, ...]
    temperature: float = 1.0

    def logits(self, members: Scores) -> Scores:
        """Return logits (n, classes), before the last temperature, of (n, members, classes)."""
        scale = np.asarray(self.temperatures, np.float32)[None, :, None]
        logits = logarithms(members) / scale
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        calibrated = powers / powers.sum(axis=2, keepdims=True)
        weights = np.asarray(self.weights, np.float32)[None, :, None]
        return logarithms((calibrated * weights).sum(axis=1))

    def predict(self, members: Scores) -> Scores:
        """Return probabilities (n, classes) of the members' (n, members, classes)."""
        return probabilities(self.logits(members) / np.float32(self.temperature))

    def add_logits(self, graph: GraphBuilder, members: str) -> str:
        """Add what ``logits`` does; return the name."""
        scale = np.asarray(self.temperatures)[None, :, None]
        logits = graph.node("Div", _add_logarithms(graph, members), graph.constant(scale))
        calibrated = graph.node("Softmax", logits, axis=2)
        weights = graph.constant(np.asarray(self.weights)[None, :, None])
        mean = graph.node(
            "ReduceSum", graph.node("Mul", calibrated, weights), graph.indices([1]), keepdims=0
        )
        return _add_logarithms(graph, mean)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """A softmax regression on the logarithms of the members' probabilities.

    ``kernel`` is (members · classes, classes), ``bias`` (classes,).
    """

    kernel: Floats
    bias: Floats
    temperature: float = 1.0

    def logits(self, members: Scores) -> Scores:
        """Return logits (n, classes), before the temperature, of (n, members, classes)."""
        return logarithms(members).reshape(len(members), -1) @ self.kernel + self.bias

    def predict(self, members: Scores) -> Scores:
        """Return probabilities (n, classes) of the members' (n, members, classes)."""
        return probabilities(self.logits(members) / np.float32(self.temperature))

    def add_logits(self, graph: GraphBuilder, members: str) -> str:
        """Add what ``logits`` does; return the name."""
        flat = graph.node("Flatten", _add_logarithms(graph, members), axis=1)
        return graph.node("Gemm", flat, graph.constant(self.kernel), graph.constant(self.bias))


Combination = Mean | Stack


def equal(members: int) -> Mean:
    """Return the plain mean of so many members."""
    return Mean(temperatures=(1.0,) * members, weights=(1 / members,) * members)


def add_combination(graph: GraphBuilder, combination: Combination, members: str) -> str:
    """Add what ``combination.predict`` does to a tensor (n, members, classes); return the name."""
    logits = combination.add_logits(graph, members)
    scaled = graph.node("Div", logits, graph.constant(combination.temperature))
    return graph.node(ONNX_ACTIVATION, scaled, axis=1)


def _add_logarithms(graph: GraphBuilder, values: str) -> str:
    return graph.node("Log", graph.node("Max", values, graph.constant(LEAST)))
