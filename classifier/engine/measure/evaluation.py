"""Makes an evaluation report from probabilities and true classes; no TensorFlow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.report import Averages, ClassFigures, Report
from classifier.engine.measure.slices import evaluate_slices
from classifier.engine.target import decide

TOP = 5


def evaluate(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
    class_names: Sequence[str],
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    seen_in_training: int | None = None,
) -> Report:
    """Return the report on n ≥ 1 images.

    ``probabilities`` is (n, classes), rows summing to 1; ``true_indices`` has n class indices. The
    predicted class is the most probable one (the first of equals). ``columns`` are those of
    ``evaluate_slices``; without them subgroups are not measured.
    Raises ValueError where the shapes do not fit.
    """
    truth = np.asarray(true_indices, dtype=np.int64)
    scores = np.asarray(probabilities, dtype=np.float64)
    _check(scores, truth, class_names)
    predicted = decide(scores)
    labels = np.arange(len(class_names))
    shares = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0.0)
    counts = confusion_matrix(truth, predicted, labels=labels).tolist()
    support = shares[3]
    return Report(
        accuracy=float((predicted == truth).mean()),
        macro=_average(shares, (support > 0).astype(float)),
        weighted=_average(shares, support.astype(float)),
        per_class=_per_class(shares, class_names),
        confusion_matrix=ConfusionMatrix(
            class_names=tuple(class_names), counts=tuple(map(tuple, counts))
        ),
        slices=None if columns is None else evaluate_slices(scores, truth, columns),
        log_loss=_log_loss(scores, truth),
        top5_accuracy=_top_accuracy(scores, truth),
        sample_count=len(truth),
        seen_in_training=seen_in_training,
    )


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


def _per_class(shares: Any, class_names: Sequence[str]) -> tuple[ClassFigures, ...]:
    return tuple(
        ClassFigures(
            class_name=name,
            precision=float(precision),
            recall=float(recall),
            f1=float(f1),
            support=int(support),
        )
        for name, precision, recall, f1, support in zip(class_names, *shares, strict=True)
    )


def _average(shares: Any, weights: npt.NDArray[np.float64]) -> Averages:
    precision, recall, f1 = (float(np.average(each, weights=weights)) for each in shares[:3])
    return Averages(precision=precision, recall=recall, f1=f1)


def _log_loss(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    chosen = scores[np.arange(len(truth)), truth]
    return float(-np.log(chosen.clip(float(np.finfo(np.float32).eps), 1.0)).mean())


def _top_accuracy(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    if scores.shape[1] <= TOP:
        return 1.0
    best = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
    return float((best == truth[:, None]).any(axis=1).mean())
