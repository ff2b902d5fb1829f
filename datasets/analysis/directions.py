"""Vectors as directions: what their cosines are made of."""

import numpy as np
import numpy.typing as npt


def directions(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the vectors (n, d) as float32 of length 1; a zero vector stays one."""
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
