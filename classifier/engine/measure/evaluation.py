"""The numbers of an evaluation report, from probabilities and true classes; no TensorFlow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

TOP = 5


def evaluate(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
    class_names: Sequence[str],
) -> dict[str, Any]:
    """Return the report as JSON values, in the API's shape.

    ``probabilities`` is (n, classes), n ≥ 1, rows summing to 1; ``true_indices`` has n class
    indices. The predicted class is the most probable one (the first of equals).

    - ``per_class``: precision, recall, f1 (0 where nothing was predicted or nothing is there) and
      support (true images) of every class.
    - ``macro``: the mean over the classes that the split has images of, so a class without any
      can neither raise nor lower it; ``weighted`` weighs classes by support.
    - ``confusion_matrix``: counts, rows true, columns predicted, in the order of ``class_names``.
    - ``log_loss``: mean of −ln p(true class), p at least the smallest float32 step (about 1e-7).
    - ``top5_accuracy``: share of images whose class is among the five most probable; with five
      classes or fewer every image is, so it is then 1.0 and says nothing.

    Raises ValueError where the shapes do not fit.
    """
    truth = np.asarray(true_indices, dtype=np.int64)
    scores = np.asarray(probabilities, dtype=np.float64)
    _check(scores, truth, class_names)
    predicted = scores.argmax(axis=1)
    labels = np.arange(len(class_names))
    columns = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0.0)
    counts = confusion_matrix(truth, predicted, labels=labels)
    support = columns[3]
    return {
        "accuracy": float((predicted == truth).mean()),
        "macro": _average(columns, (support > 0).astype(float)),
        "weighted": _average(columns, support.astype(float)),
        "per_class": _per_class(columns, class_names),
        "confusion_matrix": {"class_names": list(class_names), "counts": counts.tolist()},
        "log_loss": _log_loss(scores, truth),
        "top5_accuracy": _top_accuracy(scores, truth),
        "sample_count": len(truth),
    }


def _check(
    scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64], class_names: Sequence[str]
) -> None:
    if not len(truth) or scores.shape != (len(truth), len(class_names)):
        raise ValueError(
            f"probabilities must be ({len(truth)}, {len(class_names)}) with at least one row; "
            f"received {scores.shape}."
        )
    if truth.min() < 0 or truth.max() >= len(class_names):
        raise ValueError(f"true_indices must be from 0 to {len(class_names) - 1}.")


def _per_class(columns: Any, class_names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "class_name": name,
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "support": int(support),
        }
        for name, precision, recall, f1, support in zip(class_names, *columns, strict=True)
    ]


def _average(columns: Any, weights: npt.NDArray[np.float64]) -> dict[str, float]:
    names = ("precision", "recall", "f1")
    pairs = zip(names, columns, strict=False)
    return {name: float(np.average(values, weights=weights)) for name, values in pairs}


def _log_loss(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    chosen = scores[np.arange(len(truth)), truth]
    return float(-np.log(chosen.clip(float(np.finfo(np.float32).eps), 1.0)).mean())


def _top_accuracy(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    if scores.shape[1] <= TOP:
        return 1.0
    best = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
    return float((best == truth[:, None]).any(axis=1).mean())
