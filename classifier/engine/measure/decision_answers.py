"""What a decision is measured on: the answers about images that a model did not learn from."""

from typing import Any

import numpy as np
import numpy.typing as npt

# A row for each image: ``distance`` is that to the training vectors, NaN where there are none.
_ROW = np.dtype(
    [
        ("truth", "<u2"),
        ("predicted", "<u2"),
        ("probability", "<f4"),
        ("true_probability", "<f4"),
        ("distance", "<f4"),
    ]
)
DecisionAnswers = npt.NDArray[np.void]


def gathered(
    probabilities: npt.NDArray[np.floating[Any]],
    truth: npt.NDArray[np.integer[Any]],
    distances: npt.NDArray[np.floating[Any]] | None,
) -> DecisionAnswers:
    """Return the rows of answers (n, classes) about images of these classes (n,).

    ``distances`` (n,) are those to the training vectors, None for a model without vectors.
    """
    rows = np.zeros(len(truth), _ROW)
    places = np.arange(len(truth))
    rows["truth"] = truth
    rows["predicted"] = probabilities.argmax(axis=1) if len(truth) else 0
    rows["probability"] = probabilities[places, rows["predicted"]]
    rows["true_probability"] = probabilities[places, truth]
    rows["distance"] = np.nan if distances is None else distances
    return rows


def packed(rows: DecisionAnswers) -> bytes:
    """Return the rows in 16 bytes each."""
    return rows.tobytes()


def unpacked(content: bytes) -> DecisionAnswers:
    """Return what ``packed`` wrote."""
    return np.frombuffer(content, _ROW)
