"""Pixels, HOG, LBP and colour histograms as ONNX operators: the only definition that Loupe runs.

Training computes an image's numbers with the very graph that answers predictions, so the two
cannot differ; a test holds it to scikit-image, with which the exported script works.
"""

from itertools import pairwise

import numpy as np

from classifier.engine.formats.classic.builder import DOUBLE, FLOAT, GraphBuilder
from classifier.engine.formats.classic.plan import (
    BLOCK,
    DIRECTIONS,
    PATTERNS,
    POINTS,
    STEPS,
    FeaturePlan,
)

# Weights of red, green and blue in grey (ITU-R BT.601), in thousandths: sums are whole numbers
# below 2**24, so every order of adding gives the same.
GREY = (299, 587, 114)
# skimage.feature.hog's own.
_CLIP, _EPSILON = 0.2, 1e-5


def add_features(graph: GraphBuilder, image: str, plan: FeaturePlan) -> str:
    """Return the tensor (n, width) float32 of ``image`` (n, side, side, 3) uint8."""
    add = {"pixels": _pixels, "hog": _hog, "lbp": _lbp, "colours": _colours}
    parts = [add[part](graph, image, plan) for part in plan.parts]
    return parts[0] if len(parts) == 1 else graph.node("Concat", *parts, axis=1)


def _grey_sums(graph: GraphBuilder, image: str) -> str:
    """Return grey in thousandths (n, side, side, 1) of 0..255, whole numbers as float32."""
    pixels = graph.node("Cast", image, to=FLOAT)
    return graph.node("MatMul", pixels, graph.constant(np.reshape(GREY, (3, 1))))


def _flat(graph: GraphBuilder, value: str) -> str:
    return graph.node("Flatten", value, axis=1)


def _pixels(graph: GraphBuilder, image: str, plan: FeaturePlan) -> str:
    if plan.colour:
        values = graph.node("Cast", image, to=FLOAT)
        return _flat(graph, graph.node("Div", values, graph.constant(255)))
    return _flat(graph, graph.node("Div", _grey_sums(graph, image), graph.constant(255_000)))


def _by_cells(graph: GraphBuilder, planes: str, plan: FeaturePlan) -> str:
    """Return the means in cells (n, cells, cells, k) of planes (n, k, side, side)."""
    used = plan.cells * plan.cell
    if used != plan.side:
        planes = graph.sliced(graph.sliced(planes, 2, 0, used), 3, 0, used)
    size = [plan.cell, plan.cell]
    means = graph.node("AveragePool", planes, kernel_shape=size, strides=size)
    return graph.node("Transpose", means, perm=[0, 2, 3, 1])


def _hog(graph: GraphBuilder, image: str, plan: FeaturePlan) -> str:
    grey = graph.node("Div", _grey_sums(graph, image), graph.constant(255_000))
    planes = graph.node("Transpose", grey, perm=[0, 3, 1, 2])
    down, right = (_difference(graph, planes, axis, plan.side) for axis in (2, 3))
    size = graph.node(
        "Sqrt", graph.node("Add", graph.node("Mul", down, down), graph.node("Mul", right, right))
    )
    weighted = graph.node("Mul", _directions(graph, down, right), size)
    histograms = _by_cells(graph, weighted, plan)
    blocks = plan.cells - BLOCK + 1
    shifted = [
        graph.sliced(graph.sliced(histograms, 1, row, row + blocks), 2, column, column + blocks)
        for row in range(BLOCK)
        for column in range(BLOCK)
    ]
    block = graph.node("Concat", *shifted, axis=3)
    clipped = graph.node("Min", _unit(graph, block), graph.constant(_CLIP))
    return _flat(graph, _unit(graph, clipped))


def _difference(graph: GraphBuilder, planes: str, axis: int, side: int) -> str:
    """Return what comes after a pixel less what comes before it along an axis, 0 at the edges."""
    after, before = graph.sliced(planes, axis, 2, side), graph.sliced(planes, axis, 0, side - 2)
    pads = np.zeros((2, 4))
    pads[:, axis] = 1
    return graph.node("Pad", graph.node("Sub", after, before), graph.indices(pads.ravel()))


def _directions(graph: GraphBuilder, down: str, right: str) -> str:
    """Return 1 in the plane of a gradient's direction, of DIRECTIONS from 0° on, else 0.

    A gradient and its opposite are one; a direction is past a boundary where the sine of the
    angle between them is not negative, so no arc tangent is needed.
    """
    zero = graph.constant(0)
    level = graph.node("And", graph.node("Equal", down, zero), graph.node("Less", right, zero))
    turned = graph.node("Or", graph.node("Less", down, zero), level)
    sign = graph.node("Where", turned, graph.constant(-1), graph.constant(1))
    both = graph.node(
        "Concat", graph.node("Mul", right, sign), graph.node("Mul", down, sign), axis=1
    )
    angles = np.arange(1, DIRECTIONS) * np.pi / DIRECTIONS
    kernels = np.stack([-np.sin(angles), np.cos(angles)], axis=1)[:, :, None, None]
    sines = graph.node("Conv", both, graph.constant(kernels))
    past = graph.node("Cast", graph.node("GreaterOrEqual", sines, zero), to=FLOAT)
    first = graph.node("Add", graph.node("Mul", down, zero), graph.constant(1))
    after = graph.node("Concat", past, graph.node("Mul", down, zero), axis=1)
    return graph.node("Sub", graph.node("Concat", first, past, axis=1), after)


def _unit(graph: GraphBuilder, block: str) -> str:
    """Return blocks (n, rows, columns, k) of length 1, or nearly 0 where nothing is in them."""
    squares = graph.node("ReduceSum", graph.node("Mul", block, block), graph.indices([3]))
    length = graph.node("Sqrt", graph.node("Add", squares, graph.constant(_EPSILON**2)))
    return graph.node("Div", block, length)


def _lbp(graph: GraphBuilder, image: str, plan: FeaturePlan) -> str:
    # Whole greys; the points between pixels are interpolated in float64 in scikit-image's order,
    # because on a flat area the last bit decides.
    rounded = graph.node("Add", _grey_sums(graph, image), graph.constant(500))
    whole = graph.node("Floor", graph.node("Div", rounded, graph.constant(1000)))
    plane = graph.node("Transpose", graph.node("Cast", whole, to=DOUBLE), perm=[0, 3, 1, 2])
    framed = graph.node("Pad", plane, graph.indices([0, 0, 2, 2, 0, 0, 2, 2]))
    ones = [
        graph.node(
            "Cast", graph.node("GreaterOrEqual", _point(graph, framed, place, plan), plane),
            to=FLOAT,
        )
        for place in range(POINTS)
    ]  # fmt: skip
    count = graph.node("Sum", *ones)
    # scikit-image leaves the change from the last point to the first one out.
    changes = graph.node(
        "Sum", *(graph.node("Abs", graph.node("Sub", a, b)) for a, b in pairwise(ones))
    )
    uniform = graph.node("LessOrEqual", changes, graph.constant(2))
    pattern = graph.node("Where", uniform, count, graph.constant(POINTS + 1))
    return _histogram(graph, pattern, PATTERNS, plan)


def _point(graph: GraphBuilder, framed: str, place: int, plan: FeaturePlan) -> str:
    """Return the greys at one point of the circle around each pixel."""
    angle = 2 * np.pi * place / POINTS
    places = np.arange(plan.side)
    rows = places + np.round(-np.sin(angle), 5)
    columns = places + np.round(np.cos(angle), 5)
    top, left = int(np.floor(rows)[0]), int(np.floor(columns)[0])
    down = graph.constant((rows - np.floor(rows)).reshape(-1, 1), np.float64)
    right = graph.constant((columns - np.floor(columns)).reshape(1, -1), np.float64)
    one = graph.constant(1, np.float64)

    def corner(row: int, column: int) -> str:
        part = graph.sliced(framed, 2, 2 + row, 2 + row + plan.side)
        return graph.sliced(part, 3, 2 + column, 2 + column + plan.side)

    def between(first: str, second: str, share: str) -> str:
        kept = graph.node("Mul", graph.node("Sub", one, share), first)
        return graph.node("Add", kept, graph.node("Mul", share, second))

    below, beside = top + int(np.ceil(rows)[0] != top), left + int(np.ceil(columns)[0] != left)
    above = between(corner(top, left), corner(top, beside), right)
    under = between(corner(below, left), corner(below, beside), right)
    return between(above, under, down)


def _colours(graph: GraphBuilder, image: str, plan: FeaturePlan) -> str:
    values = graph.node("Cast", graph.node("Transpose", image, perm=[0, 3, 1, 2]), to=FLOAT)
    steps = graph.node("Floor", graph.node("Div", values, graph.constant(256 // STEPS)))
    places = graph.constant(np.arange(STEPS).reshape(1, STEPS, 1, 1))
    planes = [
        graph.node("Cast", graph.node("Equal", graph.sliced(steps, 1, c, c + 1), places), to=FLOAT)
        for c in range(3)
    ]
    return _flat(graph, _by_cells(graph, graph.node("Concat", *planes, axis=1), plan))


def _histogram(graph: GraphBuilder, values: str, count: int, plan: FeaturePlan) -> str:
    """Return the shares in cells of values (n, 1, side, side) 0 to count − 1."""
    places = graph.constant(np.arange(count).reshape(1, count, 1, 1))
    planes = graph.node("Cast", graph.node("Equal", values, places), to=FLOAT)
    return _flat(graph, _by_cells(graph, planes, plan))
