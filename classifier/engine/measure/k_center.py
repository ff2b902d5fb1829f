"""Which images to look at first so that few show what all are like: greedy k-center.

Gonzalez, "Clustering to minimize the maximum intercluster distance" (1985); for choosing what to
label, Sener and Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach"
(2018). Each next image is the one that is farthest from all that are labelled or chosen already; no
choice of as many leaves any image nearer than half of what this one leaves.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
_BLOCK = 4_000
Progress = Callable[[int, int], None]


def greedy_k_center(
    points: Floats,
    count: int,
    *,
    known: Floats | None = None,
    first: int = 0,
    progress: Progress | None = None,
) -> npt.NDArray[np.int64]:
    """Return the indices (k,) of up to ``count`` of the points (n, d), in the order of choice.

    ``known`` (m, d) are labelled already; without any, ``first`` is chosen first. It ends early
    where all points left lie on one that is known or chosen: nothing there is different. Takes
    count · n · d steps; memory for n numbers beside the points. ``progress`` is called with
    (chosen, count) now and then, and may raise to stop.
    """
    count = min(count, len(points))
    chosen = np.empty(count, np.int64)
    if not count:
        return chosen
    squares = np.einsum("nd,nd->n", points, points)
    alone = known is None or not len(known)
    distances = np.full(len(points), np.inf, np.float32)
    if known is not None and len(known):
        distances = _nearest(points, squares, known)
    floor = 1e-6 * max(float(squares.max()), 1e-6)
    for number in range(count):
        place = first if alone and number == 0 else int(distances.argmax())
        if distances[place] <= floor:
            return chosen[:number]
        chosen[number] = place
        to_it = squares + squares[place] - 2 * (points @ points[place])
        np.minimum(distances, np.maximum(to_it, 0), out=distances)
        distances[place] = 0
        if progress is not None and number % 50 == 0:
            progress(number, count)
    return chosen


def _nearest(points: Floats, squares: Floats, known: Floats) -> Floats:
    """Return the squared distance (n,) of each point to the nearest of the known ones."""
    distances = np.empty(len(points), np.float32)
    own = np.einsum("md,md->m", known, known)
    for start in range(0, len(points), _BLOCK):
        part = slice(start, start + _BLOCK)
        products = points[part] @ known.T
        distances[part] = np.maximum(squares[part] + (own - 2 * products).min(axis=1), 0)
    return distances
