"""From numbers of an image to probabilities: what fitted classic methods compute, as operators."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.formats.classic.builder import FLOAT, GraphBuilder

Floats = npt.NDArray[np.floating]


def add_standardised(graph: GraphBuilder, values: str, mean: Floats, scale: Floats) -> str:
    """Return values (n, width) less their mean, over their scale (width,)."""
    centred = graph.node("Sub", values, graph.constant(mean))
    return graph.node("Div", centred, graph.constant(scale))


def add_projected(graph: GraphBuilder, values: str, mean: Floats, axes: Floats) -> str:
    """Return the coordinates (n, k) of values (n, width) along the rows of ``axes`` (k, width)."""
    return add_scores(graph, values, axes, -np.asarray(mean, np.float64) @ axes.T)


def add_scores(graph: GraphBuilder, values: str, weights: Floats, bias: Floats) -> str:
    """Return scores (n, k) of values (n, width): ``weights`` (k, width), ``bias`` (k,)."""
    names = graph.constant(weights), graph.constant(bias)
    return graph.node("Gemm", values, *names, transB=1)


def add_softmax(graph: GraphBuilder, scores: str, count: int) -> str:
    """Return probabilities of scores (n, k); with k = 1 of two classes, by the logistic curve."""
    if count > 1:
        return graph.node("Softmax", scores, axis=1)
    return _both(graph, graph.node("Sigmoid", scores))


def add_calibrated(graph: GraphBuilder, scores: str, curves_of: Sequence[Any]) -> str:
    """Return probabilities of scores (n, k) by a logistic curve each (Platt, 2000), normalised.

    ``curves_of`` are scikit-learn's k sigmoid calibrators: ``1 / (1 + exp(a_ · s + b_))``. With
    k = 1 the curve is that of the second class of two.
    """
    slopes, offsets = np.array([(each.a_, each.b_) for each in curves_of]).T
    steep = graph.node("Mul", scores, graph.constant(-slopes))
    curves = graph.node("Sigmoid", graph.node("Sub", steep, graph.constant(offsets)))
    if len(slopes) == 1:
        return _both(graph, curves)
    # Where every curve says 0 in float32, all classes are as probable.
    least = graph.constant(1e-30)
    raised = graph.node("Max", curves, least)
    total = graph.node("ReduceSum", raised, graph.indices([1]))
    return graph.node("Div", raised, total)


def add_kernel_scores(
    graph: GraphBuilder,
    values: str,
    supports: Floats,
    gamma: float,
    weights: Floats,
    bias: Floats,
) -> str:
    """Return scores (n, k): sums of ``exp(−gamma · distance²)`` to supports (m, width).

    ``weights`` are (m, k), ``bias`` (k,).
    """
    distances = graph.node("Max", _distances(graph, values, supports), graph.constant(0))
    likeness = graph.node("Exp", graph.node("Mul", distances, graph.constant(-gamma)))
    return add_scores(graph, likeness, weights.T, bias)


def add_neighbours(
    graph: GraphBuilder,
    values: str,
    stored: Floats,
    labels: npt.NDArray[np.integer],
    neighbours: int,
    count: int,
) -> str:
    """Return the shares (n, count) of classes among the nearest of ``stored`` (m, width)."""
    distances = _distances(graph, values, stored)
    wanted = graph.indices([neighbours])
    _, places = graph.outputs("TopK", distances, wanted, count=2, axis=1, largest=0, sorted=1)
    found = graph.node("Gather", graph.constant(labels, np.int64), places)
    classes = graph.constant(np.arange(count).reshape(1, 1, count), np.int64)
    each = graph.node("Unsqueeze", found, graph.indices([2]))
    votes = graph.node("Cast", graph.node("Equal", each, classes), to=FLOAT)
    return graph.node("ReduceMean", votes, axes=[1], keepdims=0)


def add_all_classes(
    graph: GraphBuilder, probabilities: str, present: npt.NDArray[np.integer], count: int
) -> str:
    """Return probabilities (n, count) of those of the classes ``present``; 0 for the others."""
    if len(present) == count:
        return probabilities
    return graph.node("MatMul", probabilities, graph.constant(np.eye(count)[present]))


def _both(graph: GraphBuilder, second: str) -> str:
    first = graph.node("Sub", graph.constant(1), second)
    return graph.node("Concat", first, second, axis=1)


def _distances(graph: GraphBuilder, values: str, stored: Floats) -> str:
    """Return squared distances (n, m) of values (n, width) and stored rows (m, width).

    Both are taken from the stored rows' mean, which costs float32 less of the small ones.
    """
    stored = np.asarray(stored, np.float64)
    centre = stored.mean(axis=0)
    stored = stored - centre
    moved = graph.node("Sub", values, graph.constant(centre))
    crossed = graph.node("MatMul", moved, graph.constant(-2 * stored.T))
    own = graph.node("ReduceSum", graph.node("Mul", moved, moved), graph.indices([1]))
    squares = graph.constant((stored * stored).sum(axis=1))
    return graph.node("Add", graph.node("Add", crossed, squares), own)
