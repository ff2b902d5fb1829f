"""Each class against the rest: its precision-recall and its ROC curve; scikit-learn counts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.metrics import auc, confusion_matrix_at_thresholds

from classifier.engine.measure.class_curve import ClassCurve

Floats = npt.NDArray[np.float64]
# Steps along each of the two axes that a curve keeps a point for.
_STEPS = 50
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """How well the probabilities of a class rank the images, 0..1, and its curves."""

    roc_auc: float
    average_precision: float
    curve: ClassCurve


def rank_classes(scores: Floats, truth: npt.NDArray[np.int64]) -> list[Ranked | None]:
    """Return what scikit-learn finds for each class of scores (n, classes) against the rest.

    None for a class that no image has, and for one that all have: nothing can be told apart.
    """
    with config_context(assume_finite=True):
        return [
            _ranked(of_class, scores[:, index])
            if 0 < (of_class := truth == index).sum() < len(truth)
            else None
            for index in range(scores.shape[1])
        ]


def _ranked(of_class: npt.NDArray[np.bool_], scores: npt.NDArray[Any]) -> Ranked:
    _, false, _, true, thresholds = confusion_matrix_at_thresholds(of_class, scores)
    recall, fall_out = true / true[-1], false / false[-1]
    precision = true / (true + false)
    return Ranked(
        roc_auc=float(auc(np.r_[0.0, fall_out], np.r_[0.0, recall])),
        average_precision=float((np.diff(recall, prepend=0.0) * precision).sum()),
        curve=_curve(thresholds, precision, recall, fall_out, (true + false).astype(np.int64)),
    )


def _curve(
    thresholds: Floats,
    precision: Floats,
    recall: Floats,
    fall_out: Floats,
    count: npt.NDArray[np.int64],
) -> ClassCurve:
    steps = np.linspace(0, 1, _STEPS + 1)
    last = len(thresholds) - 1
    kept = np.unique(
        np.r_[0, np.searchsorted(recall, steps), np.searchsorted(fall_out, steps), last].clip(
            0, last
        )
    )

    def some(values: Floats) -> tuple[float, ...]:
        return tuple(values[kept].round(_DIGITS).tolist())

    return ClassCurve(
        threshold=some(thresholds),
        precision=some(precision),
        recall=some(recall),
        false_positive_rate=some(fall_out),
        count=tuple(count[kept].tolist()),
    )
