"""Fewer dimensions for embeddings, keeping what varies most."""

import numpy as np
import numpy.typing as npt

_ROWS = 4096


def principal_components(
    embeddings: npt.NDArray[np.floating], dimensions: int
) -> npt.NDArray[np.float32]:
    """Return the embeddings (n, d), centred, in their first components: float32 (n, dimensions).

    Exact, from the covariance matrix, in blocks, so that float16 embeddings of 60,000 images are
    never held as float32. Not scaled; only centred where d is no more than ``dimensions``. The
    sign of a component is the one that makes its largest weight positive, the same every time.
    """
    count, width = embeddings.shape
    mean = (embeddings.sum(axis=0, dtype=np.float64) / max(count, 1)).astype(np.float32)
    basis = np.eye(width, dtype=np.float32)
    if dimensions < width:
        covariance = np.zeros((width, width), np.float32)
        for start in range(0, count, _ROWS):
            block = embeddings[start : start + _ROWS].astype(np.float32) - mean
            covariance += block.T @ block
        basis = np.linalg.eigh(covariance)[1][:, ::-1][:, :dimensions]
        largest = np.abs(basis).argmax(axis=0)
        basis = basis * np.sign(basis[largest, np.arange(dimensions)])
    components = np.empty((count, basis.shape[1]), np.float32)
    for start in range(0, count, _ROWS):
        block = embeddings[start : start + _ROWS].astype(np.float32) - mean
        components[start : start + _ROWS] = block @ basis
    return components
