"""How well a model does on subgroups of the images it was evaluated on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from classifier.engine.measure.intervals import FEW, wilson


def evaluate_slices(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
    columns: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Return one entry for each value of each column, as JSON values.

    ``probabilities`` is (n, classes), ``true_indices`` has n class indices and each column the
    values of the n images. Columns come in their order, values from the lowest accuracy up.

    - ``column``, ``value``, ``support`` (images), ``accuracy``;
    - ``interval``: where the accuracy lies with a confidence of 95 % (Wilson's);
    - ``gap``: the accuracy less that of all images; ``below``: whether even the upper end of the
      interval is less than that;
    - ``macro_f1``: the mean F1 of the classes that the slice has images of;
    - ``too_few``: fewer than 30 images.
    """
    truth = np.asarray(true_indices, dtype=np.int64)
    predicted = np.asarray(probabilities).argmax(axis=1)
    overall = float((predicted == truth).mean())
    found: list[dict[str, Any]] = []
    for column, values in columns.items():
        names = np.asarray(values, dtype=object)
        rows = [
            {"column": column, "value": name, **_measured(truth[here], predicted[here], overall)}
            for name in sorted(set(values))
            if (here := names == name).any()
        ]
        found += sorted(rows, key=lambda row: (row["accuracy"], row["value"]))
    return found


def _measured(
    truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], overall: float
) -> dict[str, Any]:
    total, correct = len(truth), int((predicted == truth).sum())
    low, high = wilson(correct, total)
    present = np.unique(truth)
    return {
        "support": total,
        "accuracy": correct / total,
        "interval": [low, high],
        "gap": correct / total - overall,
        "below": high < overall,
        "macro_f1": float(
            f1_score(truth, predicted, labels=present, average="macro", zero_division=0.0)
        ),
        "too_few": total < FEW,
    }
