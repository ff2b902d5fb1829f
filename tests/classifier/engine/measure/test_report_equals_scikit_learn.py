"""Every figure of a report is what scikit-learn finds on the same arrays."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from classifier.engine.measure.evaluation import evaluate, evaluate_with_curves


@st.composite
def answered(draw):
    """Return probabilities (n, classes) and true classes (n,); some have no images, some ties."""
    classes = draw(st.integers(2, 8))
    images = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = random.integers(0, draw(st.integers(1, classes)), images)
    scores = random.dirichlet(np.full(classes, 0.5), images) + 1e-3
    if draw(st.booleans()):
        # Ties, as many models give them; the sum stays 1.
        scores = random.integers(1, 4, (images, classes)).astype(float)
    return scores / scores.sum(axis=1, keepdims=True), truth


@given(answered())
@settings(max_examples=60, deadline=None)
def test_a_report_says_what_scikit_learn_says(case):
    scores, truth = case
    classes = scores.shape[1]
    labels, predicted = np.arange(classes), scores.argmax(axis=1)
    present = np.unique(truth)
    report, curves = evaluate_with_curves(scores, truth, [f"class {n}" for n in labels])
    shares = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0.0
    )
    with warnings.catch_warnings():
        # Classes that are predicted and have no images; a kappa that is undefined.
        warnings.simplefilter("ignore")
        assert report.balanced_accuracy == pytest.approx(
            metrics.balanced_accuracy_score(truth, predicted)
        )
        kappa = metrics.cohen_kappa_score(truth, predicted)
    assert report.accuracy == metrics.accuracy_score(truth, predicted)
    assert report.kappa == (None if np.isnan(kappa) else pytest.approx(kappa))
    for name, ours, average in (
        ("macro", report.macro, "macro"),
        ("weighted", report.weighted, "weighted"),
    ):
        theirs = metrics.precision_recall_fscore_support(
            truth, predicted, labels=present, average=average, zero_division=0.0
        )
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx(theirs[:3]), name
    assert report.log_loss == pytest.approx(metrics.log_loss(truth, scores, labels=labels))
    assert report.confusion_matrix.counts == tuple(
        map(tuple, metrics.confusion_matrix(truth, predicted, labels=labels).tolist())
    )
    areas = []
    for index, (row, curve) in enumerate(zip(report.per_class, curves, strict=True)):
        figures = (row.precision, row.recall, row.f1, row.support)
        assert figures == pytest.approx([each[index] for each in shares])
        of_class = truth == index
        if of_class.all() or not of_class.any():
            assert (row.roc_auc, row.average_precision, curve) == (None, None, None)
            continue
        assert row.roc_auc == pytest.approx(metrics.roc_auc_score(of_class, scores[:, index]))
        assert row.average_precision == pytest.approx(
            metrics.average_precision_score(of_class, scores[:, index])
        )
        areas.append(row.roc_auc)
        fall_out, recall, _ = metrics.roc_curve(of_class, scores[:, index], drop_intermediate=False)
        points = set(zip(fall_out.round(6), recall.round(6), strict=True))
        assert set(zip(curve.false_positive_rate, curve.recall, strict=True)) <= points
        precision, found, _ = metrics.precision_recall_curve(of_class, scores[:, index])
        points = set(zip(precision.round(6), found.round(6), strict=True))
        assert set(zip(curve.precision, curve.recall, strict=True)) <= points
        assert curve.count[-1] == len(truth)
    assert report.roc_auc == (pytest.approx(np.mean(areas)) if areas else None)
    for each in report.top_k:
        # Of equally probable classes scikit-learn takes the last, we any.
        if len(np.unique(scores)) == scores.size:
            assert each.accuracy == pytest.approx(
                metrics.top_k_accuracy_score(truth, scores, k=each.k, labels=labels)
            )
    figures = {
        "accuracy": report.accuracy, "balanced_accuracy": report.balanced_accuracy,
        "macro_f1": report.macro.f1, "weighted_f1": report.weighted.f1,
        "kappa": report.kappa, "log_loss": report.log_loss, "roc_auc": report.roc_auc,
    }  # fmt: skip
    for name, estimate in report.intervals.items():
        assert estimate.low <= estimate.high, name
        counted = name == "accuracy" or name.startswith("top")
        assert estimate.method == ("wilson" if counted else "bootstrap"), name
    known = {name for name, value in figures.items() if value is not None}
    assert {name for name in report.intervals if not name.startswith("top")} <= known


def test_macro_auc_is_scikit_learns_where_every_class_has_images():
    random = np.random.default_rng(3)
    truth = np.arange(90) % 5
    scores = random.dirichlet(np.ones(5), 90)
    report = evaluate(scores, truth, list("abcde"))
    expected = metrics.roc_auc_score(truth, scores, multi_class="ovr", average="macro")
    assert report.roc_auc == pytest.approx(expected)
    assert report.roc_auc_undefined == []
    two = evaluate(scores[:, :2] / scores[:, :2].sum(axis=1, keepdims=True), truth % 2, "ab")
    positive = scores[:, 1] / scores[:, :2].sum(axis=1)
    assert two.roc_auc == pytest.approx(metrics.roc_auc_score(truth % 2, positive))


def test_what_is_undefined_is_said_by_name():
    scores = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1]])
    report = evaluate(scores, [0, 0], ["cat", "dog", "fox"])
    assert (report.roc_auc, report.kappa) == (None, None)
    assert report.roc_auc_undefined == ["cat", "dog", "fox"]
    assert report.absent == ["dog", "fox"]
    assert {"roc_auc", "kappa"}.isdisjoint(report.intervals)


def test_intervals_are_the_same_each_time_and_hold_the_figure():
    random = np.random.default_rng(1)
    truth = random.integers(0, 4, 400)
    scores = random.dirichlet(np.ones(4), 400) + np.eye(4)[truth] * 0.4
    scores /= scores.sum(axis=1, keepdims=True)
    report, again = (evaluate(scores, truth, list("abcd")) for _ in range(2))
    assert report.intervals == again.intervals
    figures = {
        "balanced_accuracy": report.balanced_accuracy, "macro_f1": report.macro.f1,
        "weighted_f1": report.weighted.f1, "kappa": report.kappa, "log_loss": report.log_loss,
        "roc_auc": report.roc_auc, "accuracy": report.accuracy,
    }  # fmt: skip
    for name, value in figures.items():
        estimate = report.intervals[name]
        assert estimate.low < value < estimate.high, name
    # The bootstrap of a share agrees with Wilson's interval of it.
    wilson = report.intervals["accuracy"]
    width = report.intervals["balanced_accuracy"].high - report.intervals["balanced_accuracy"].low
    assert width == pytest.approx(wilson.high - wilson.low, rel=0.2)


def test_intervals_hold_the_figure_also_with_three_images_a_class():
    random = np.random.default_rng(5)
    truth = np.arange(600) % 200
    scores = random.dirichlet(np.ones(200), 600) + 0.03 * np.eye(200)[truth]
    report = evaluate(scores / scores.sum(axis=1, keepdims=True), truth, [*map(str, range(200))])
    found = report.intervals["macro_f1"]
    assert found.low < report.macro.f1 < found.high
    assert found.high - found.low < 0.12
