"""Nearest neighbours by cosine, exact, by blocks of matrix products."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_ROWS = 4096  # of the collection at a time: 20 MB of float32 at 1,280 dimensions
_QUERIES = 512


@dataclass(frozen=True)
class Neighbours:
    """For each query the nearest first: ``indices`` and ``cosines`` (-1..1), both (q, k)."""

    indices: npt.NDArray[np.int64]
    cosines: npt.NDArray[np.float32]


def directions(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the vectors (n, d) as float32 of length 1; a zero vector stays one."""
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def nearest(
    embeddings: npt.NDArray[np.floating], queries: npt.NDArray[np.floating], count: int
) -> Neighbours:
    """Return the ``count`` (or all, if fewer) embeddings nearest to each query.

    ``embeddings`` (n, d) and ``queries`` (q, d) or (d,), float16 or float32, of any length. A query
    that is itself in the collection finds itself; ask for one more. Ties go to the lower index.
    """
    asked = directions(np.atleast_2d(queries))
    count = min(count, len(embeddings))
    indices = np.full((len(asked), count), -1, np.int64)
    cosines = np.full((len(asked), count), -np.inf, np.float32)
    for start in range(0, len(embeddings), _ROWS):
        block = directions(embeddings[start : start + _ROWS])
        for first in range(0, len(asked), _QUERIES):
            part = slice(first, first + _QUERIES)
            near = asked[part] @ block.T
            indices[part], cosines[part] = _best(
                np.concatenate([indices[part], _numbers(near.shape, start)], axis=1),
                np.concatenate([cosines[part], near], axis=1),
                count,
            )
    return Neighbours(indices, cosines)


def _numbers(shape: tuple[int, int], start: int) -> npt.NDArray[np.int64]:
    return np.broadcast_to(np.arange(start, start + shape[1]), shape)


def _best(
    indices: npt.NDArray[np.int64], cosines: npt.NDArray[np.float32], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    if cosines.shape[1] > count:
        kept = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        indices, cosines = _at(indices, kept), _at(cosines, kept)
    order = np.lexsort((indices, -cosines), axis=1)
    return _at(indices, order), _at(cosines, order)


def _at(values: npt.NDArray, columns: npt.NDArray[np.int64]) -> npt.NDArray:
    return np.take_along_axis(values, columns, axis=1)
