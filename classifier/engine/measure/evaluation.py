"""Makes an evaluation report from probabilities and true classes; no TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    cohen_kappa_score,
    precision_recall_fscore_support,
)

from classifier.engine.measure import bootstrap
from classifier.engine.measure.calibration import Temperature, calibration_of
from classifier.engine.measure.class_curve import ClassCurve
from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.gaps import gaps_of
from classifier.engine.measure.intervals import Estimate, wilson
from classifier.engine.measure.ranking import Ranked, rank_classes
from classifier.engine.measure.report import Averages, ClassFigures, Report, TopK
from classifier.engine.measure.slices import evaluate_slices
from classifier.engine.target import decide

TOP = 5
_TOPS = (2, 3, TOP)
Scores = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def evaluate(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
    class_names: Sequence[str],
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    facts: Mapping[str, Sequence[str]] | None = None,
    seen_in_training: int | None = None,
    temperature: Temperature | None = None,
) -> Report:
    """Return the report on n ≥ 1 images; see ``evaluate_with_curves``."""
    report, _ = evaluate_with_curves(
        probabilities,
        true_indices,
        class_names,
        columns=columns,
        facts=facts,
        seen_in_training=seen_in_training,
        temperature=temperature,
    )
    return report


def evaluate_with_curves(
    probabilities: npt.NDArray[np.floating[Any]],
    true_indices: Sequence[int] | npt.NDArray[np.integer[Any]],
    class_names: Sequence[str],
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    facts: Mapping[str, Sequence[str]] | None = None,
    seen_in_training: int | None = None,
    temperature: Temperature | None = None,
) -> tuple[Report, list[ClassCurve | None]]:
    """Return the report on n ≥ 1 images and each class's curves, None where it has none.

    ``probabilities`` is (n, classes), rows summing to 1; ``true_indices`` has n class indices. The
    predicted class is the most probable one (the first of equals). ``columns`` are those of
    ``evaluate_slices``; without them subgroups are not measured. ``facts`` are columns, of other
    names, of what the images are like: they are slices too, but their images differ in what they
    show, so no gaps are made of them.
    Raises ValueError where the shapes do not fit.
    """
    truth = np.asarray(true_indices, dtype=np.int64)
    scores = np.asarray(probabilities, dtype=np.float64)
    _check(scores, truth, class_names)
    ranked = rank_classes(scores, truth)
    report = replace(
        _overall(scores, truth, class_names, ranked),
        seen_in_training=seen_in_training,
        calibration=calibration_of(scores, truth, temperature),
    )
    if columns is not None:
        report = replace(
            report,
            slices=evaluate_slices(scores, truth, {**columns, **(facts or {})}),
            gaps=gaps_of(decide(scores), truth, class_names, columns),
        )
    return report, [None if each is None else each.curve for each in ranked]


def _overall(
    scores: Scores, truth: Indices, class_names: Sequence[str], ranked: Sequence[Ranked | None]
) -> Report:
    """Return the figures of all images and of each class."""
    predicted, labels = decide(scores), np.arange(len(class_names))
    shares = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0.0)
    support, losses = shares[3], _losses(scores, truth)
    tops = [k for k in _TOPS if k < len(class_names)]
    return Report(
        accuracy=float((predicted == truth).mean()),
        macro=_average(shares, (support > 0).astype(float)),
        weighted=_average(shares, support.astype(float)),
        per_class=_per_class(shares, ranked, class_names),
        confusion_matrix=_matrix(truth, predicted, class_names),
        log_loss=float(losses.mean()),
        top5_accuracy=_top_accuracy(scores, truth, TOP),
        top_k=tuple(TopK(k=k, accuracy=_top_accuracy(scores, truth, k)) for k in tops),
        sample_count=len(truth),
        balanced_accuracy=float(shares[1][support > 0].mean()),
        roc_auc=_mean_auc(ranked),
        kappa=_kappa(truth, predicted),
        intervals=_intervals(scores, truth, predicted, losses),
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


def _per_class(
    shares: Any, ranked: Sequence[Ranked | None], class_names: Sequence[str]
) -> tuple[ClassFigures, ...]:
    return tuple(
        ClassFigures(
            class_name=name,
            precision=float(precision),
            recall=float(recall),
            f1=float(f1),
            support=int(support),
            roc_auc=rank and rank.roc_auc,
            average_precision=rank and rank.average_precision,
        )
        for name, rank, precision, recall, f1, support in zip(
            class_names, ranked, *shares, strict=True
        )
    )


def _average(shares: Any, weights: npt.NDArray[np.float64]) -> Averages:
    precision, recall, f1 = (float(np.average(each, weights=weights)) for each in shares[:3])
    return Averages(precision=precision, recall=recall, f1=f1)


def _matrix(truth: Indices, predicted: Indices, class_names: Sequence[str]) -> ConfusionMatrix:
    """Count the pairs that there are: scikit-learn would fill a table of all."""
    pairs, counts = np.unique(truth * len(class_names) + predicted, return_counts=True)
    true, said = np.divmod(pairs, len(class_names))
    cells = zip(true.tolist(), said.tolist(), counts.tolist(), strict=True)
    return ConfusionMatrix(class_names=tuple(class_names), cells=tuple(cells))


def _mean_auc(ranked: Sequence[Ranked | None]) -> float | None:
    areas = [each.roc_auc for each in ranked if each is not None]
    return sum(areas) / len(areas) if areas else None


def _kappa(truth: Indices, predicted: Indices) -> float | None:
    """Return Cohen's kappa; None where agreement is all that chance allows."""
    if len(np.unique(np.concatenate([truth, predicted]))) < 2:
        return None
    return float(cohen_kappa_score(truth, predicted))


def _losses(scores: Scores, truth: Indices) -> Scores:
    chosen = scores[np.arange(len(truth)), truth]
    return -np.log(chosen.clip(float(np.finfo(np.float32).eps), 1.0))


def _top_accuracy(scores: Scores, truth: Indices, k: int) -> float:
    if scores.shape[1] <= k:
        return 1.0
    best = np.argpartition(-scores, k, axis=1)[:, :k]
    return float((best == truth[:, None]).any(axis=1).mean())


def _intervals(
    scores: Scores, truth: Indices, predicted: Indices, losses: Scores
) -> dict[str, Estimate]:
    """Return the 95 % intervals by the name of the figure; shares of images have Wilson's."""
    images, classes = scores.shape
    shares = {"accuracy": float((predicted == truth).mean())}
    shares |= {f"top{k}_accuracy": _top_accuracy(scores, truth, k) for k in _TOPS if k < classes}
    found = {}
    for name, share in shares.items():
        low, high = wilson(round(share * images), images)
        found[name] = Estimate(low=low, high=high, method="wilson")
    found |= bootstrap.counted_intervals(truth, predicted, classes)
    more = {
        "log_loss": bootstrap.mean_interval(losses),
        "roc_auc": bootstrap.roc_auc_interval(scores, truth),
    }
    return found | {name: estimate for name, estimate in more.items() if estimate is not None}
