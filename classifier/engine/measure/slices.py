"""How well a model does on subgroups of the images it was evaluated on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from classifier.engine.measure.intervals import FEW, wilson
from classifier.engine.measure.report import SliceFigures
from classifier.engine.target import decide


def evaluate_slices(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
    columns: Mapping[str, Sequence[str]],
) -> tuple[SliceFigures, ...]:
    """Return the figures of each value of each column.

    ``probabilities`` is (n, classes), ``true_indices`` has n class indices and each column the
    values of the n images. Columns come in their order, values from the lowest accuracy up.
    """
    truth = np.asarray(true_indices, dtype=np.int64)
    predicted = decide(np.asarray(probabilities))
    overall = float((predicted == truth).mean())
    found: list[SliceFigures] = []
    for column, values in columns.items():
        names = np.asarray(values, dtype=object)
        rows = [
            _measured(column, name, truth[here], predicted[here], overall)
            for name in sorted(set(values))
            if (here := names == name).any()
        ]
        found += sorted(rows, key=lambda row: (row.accuracy, row.value))
    return tuple(found)


def _measured(
    column: str,
    value: str,
    truth: npt.NDArray[np.int64],
    predicted: npt.NDArray[np.int64],
    overall: float,
) -> SliceFigures:
    total, correct = len(truth), int((predicted == truth).sum())
    low, high = wilson(correct, total)
    present = np.unique(truth)
    f1 = f1_score(truth, predicted, labels=present, average="macro", zero_division=0.0)
    return SliceFigures(
        column=column,
        value=value,
        support=total,
        accuracy=correct / total,
        interval=(low, high),
        gap=correct / total - overall,
        below=high < overall,
        macro_f1=float(f1),
        too_few=total < FEW,
    )
