"""Fewer dimensions for embeddings, keeping what varies most."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def principal_components(
    blocks: Callable[[], Iterable[npt.NDArray[np.floating]]], dimensions: int
) -> Floats:
    """Return embeddings (n, d), centred, in their first components: float32 (n, dimensions).

    ``blocks()`` yields them some rows at a time and is called twice, so that those of 60,000 images
    are never held as a whole. Exact, from the covariance matrix. Not scaled; only centred where d
    is no more than ``dimensions``; (0, 0) without rows. The sign of a component is the one that
    makes its largest weight positive, the same every time.
    """
    mean, covariance = _moments(blocks())
    basis = np.eye(len(mean), dtype=np.float32)
    if dimensions < len(mean):
        basis = np.linalg.eigh(covariance)[1][:, ::-1][:, :dimensions]
        largest = np.abs(basis).argmax(axis=0)
        basis = (basis * np.sign(basis[largest, np.arange(dimensions)])).astype(np.float32)
    parts = [(block.astype(np.float32) - mean) @ basis for block in blocks()]
    return np.concatenate([np.empty((0, basis.shape[1]), np.float32), *parts])


def _moments(blocks: Iterable[npt.NDArray[np.floating]]) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Return the mean (d,) and the covariance, times n, (d, d)."""
    count = 0
    shift, total = np.zeros(0, np.float32), np.zeros(0)
    products = np.zeros((0, 0))
    for block in blocks:
        if not count:
            # Near the mean, so that little is lost when the mean's own part is taken away below.
            shift = block.mean(axis=0, dtype=np.float64).astype(np.float32)
            total, products = np.zeros(len(shift)), np.zeros((len(shift), len(shift)))
        centred = block.astype(np.float32) - shift
        count += len(block)
        total += centred.sum(axis=0, dtype=np.float64)
        products += centred.T @ centred
    offset = total / max(count, 1)
    return (shift + offset).astype(np.float32), products - count * np.outer(offset, offset)
