"""Occlusion: how much less a model is sure of a class when a part of the image is covered.

It takes nothing but the model's answers, so it works for every model. After Zeiler and Fergus,
Visualizing and Understanding Convolutional Networks, 2014.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.explain.places import Axis, axes_of
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.runtime.views import joined, parted
from classifier.engine.samples import Pixels

Floats = npt.NDArray[np.floating[Any]]

# A cover is two of seven cells wide and moves by one, from half outside to half outside, so that
# each cell is covered as often: 64 answers, and one without a cover.
CELLS, COVER = 7, 2
STEPS = CELLS + COVER - 1
# How many covered images are asked about before others have their turn.
_BATCH = 4
# What a probability of 0 counts as: trees and neighbours count votes, and one of some hundred is
# the least they have. Others' may be as small as float32 holds.
_LEAST = 1e-3


def occlusion(
    model: Answering, pixels: Pixels, size: tuple[int, int], index: int
) -> Generator[None, None, Floats]:
    """Return how much speaks for a class in each of ``CELLS`` × ``CELLS`` cells.

    The cells are of the image, of width and height ``size``, whatever the model's squares show of
    it; ``pixels`` are these, as ``views.joined`` has them. A cover lies at the same place of the
    image in each of them. Yields before each of the batches.
    """
    squares = [each[0] for each in parted(pixels[None], model.views)]
    axes = [axes_of(view.fit, *size) for view in model.views]
    covered = [_covered(squares, axes, *divmod(step, STEPS)) for step in range(STEPS * STEPS)]
    answers = [model.predict(pixels[None])]
    for start in range(0, len(covered), _BATCH):
        yield
        answers.append(model.predict(np.stack(covered[start : start + _BATCH])))
    odds = _log_odds(np.concatenate(answers), index)
    return _by_cell((odds[0] - odds[1:]).reshape(STEPS, STEPS))


def _covered(squares: list[Pixels], axes: list[tuple[Axis, Axis]], row: int, column: int) -> Pixels:
    """Return the squares with one cover each, in their own mean colour, as ``joined`` has them."""
    found = []
    for square, own in zip(squares, axes, strict=True):
        copy, side = square.copy(), len(square)
        edges = []
        for axis, start in zip(own, (row, column), strict=True):
            ends = np.array([start - COVER + 1, start + 1]).clip(0, CELLS)
            moved = axis.in_square(ends / CELLS) * side
            edges.append(slice(*np.clip(np.round(moved).astype(int), 0, side)))
        copy[tuple(edges)] = square.mean(axis=(0, 1)).round().astype(np.uint8)
        found.append(copy[None])
    return joined(found)[0]


def _log_odds(probabilities: Floats, index: int) -> Floats:
    """Return the logarithms of a class's odds (n,): near 1 a probability hardly moves."""
    values = np.asarray(probabilities, np.float64)
    # One less the probability would be 0 where all others together are below 1e-7.
    own, others = values[:, index], np.delete(values, index, axis=1).sum(axis=1)
    least = _LEAST if not (own.all() and others.all()) else 0.0
    return np.log(np.maximum(own, least)) - np.log(np.maximum(others, least))


def _by_cell(drops: Floats) -> Floats:
    """Return the mean drop of the covers over each cell."""
    total = np.zeros((CELLS, CELLS))
    for row in range(COVER):
        for column in range(COVER):
            total += drops[row : row + CELLS, column : column + CELLS]
    return total / COVER**2
