"""A report as CSV: tables under each other, each with a header of its own."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from classifier.engine.measure.fast_mode import FastCheck
from classifier.engine.measure.report import Report
from classifier.engine.measure.robustness import Robustness
from classifier.evaluation.selectors.figures import figures_of
from common.spreadsheets import cell

_AVERAGES = ("precision", "recall", "f1")
_CLASS_FIGURES = (*_AVERAGES, "support", "roc_auc", "average_precision")
_SLICE_FIGURES = ("support", "accuracy", "gap", "macro_f1")
_GAPS = ("demographic_parity", "equal_opportunity", "equalised_odds")
Row = list[Any]


def report_as_csv(
    figures: Report,
    verdict: str,
    fast: FastCheck | None = None,
    robustness: Robustness | None = None,
    mapping: Sequence[tuple[str, Sequence[str]]] = (),
    other_classes: str = "",
) -> str:
    """Return all of a report but the curves.

    `fast` is the check of the version's int8 file, `robustness` what was measured of worse images,
    where there is one; `mapping` has the classes of the model that a class was taken for, and
    `other_classes` says what any other answer counts as.
    Precision, recall, F1 and support by class; averages; figures with their intervals; bins of
    calibration; accuracy by corruption; the counts with a row for each true and a column for each
    predicted class; gaps; a row for each subgroup, where there are some.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    tables = [
        _by_class(figures),
        # In tables of their own: a class may have any name.
        _averages(figures),
        _figures(figures, verdict, fast, mapping, other_classes),
        _bins(figures),
        _corruptions(robustness),
        _counts(figures),
        _gap_rows(figures),
        _slices(figures),
    ]
    writer.writerows(row for number, table in enumerate(filter(None, map(list, tables)))
                     for row in ([[], *table] if number else table))  # fmt: skip
    return stream.getvalue()


def _by_class(figures: Report) -> Iterator[Row]:
    yield ["class_name", *_CLASS_FIGURES]
    for each in figures.per_class:
        yield [cell(each.class_name), *_values(each, _CLASS_FIGURES)]


def _averages(figures: Report) -> Iterator[Row]:
    yield ["average", *_AVERAGES]
    yield ["macro", *_values(figures.macro, _AVERAGES)]
    yield ["weighted", *_values(figures.weighted, _AVERAGES)]


def _figures(
    figures: Report,
    verdict: str,
    fast: FastCheck | None,
    mapping: Sequence[tuple[str, Sequence[str]]],
    other_classes: str,
) -> Iterator[Row]:
    yield ["figure", "value", "low", "high", "method", "remark"]
    for each in figures_of(figures):
        ends = each.estimate.ends if each.estimate else (None, None)
        yield [each.name, each.value, *ends, each.method, cell(each.note)]
    if fast:
        yield ["(fast mode, other answers)", fast.flipped, "of", fast.images]
        yield ["(fast mode, ms of a core an image)", fast.fast_ms, "float32", fast.float32_ms]
    for name, classes in mapping:
        yield ["(class taken for)", cell(name), *map(cell, classes)]
    if other_classes:
        yield ["(answers of other classes)", other_classes]
    yield ["(verdict)", verdict]


def _bins(figures: Report) -> Iterator[Row]:
    if figures.calibration is None:
        return
    yield ["probability_over", "up_to", "count", "confidence", "accuracy"]
    for each in figures.calibration.bins:
        yield [each.low, each.high, each.count, each.confidence, each.accuracy]


def _corruptions(found: Robustness | None) -> Iterator[Row]:
    if found is None:
        return
    yield ["corruption", "severity", "strength", "accuracy", "images"]
    yield ["(none)", 0, "as they are", found.clean, found.images]
    for each in found.rows:
        yield [each.corruption, each.severity, each.strength, each.accuracy, found.images]


def _counts(figures: Report) -> Iterator[Row]:
    names = [cell(name) for name in figures.confusion_matrix.class_names]
    yield [r"true \ predicted", *names]
    for name, counts in zip(names, figures.confusion_matrix.counts, strict=True):
        yield [name, *counts]


def _gap_rows(figures: Report) -> Iterator[Row]:
    found = [
        [cell(each.column), name, gap.value, cell(gap.class_name), cell(gap.low), cell(gap.high)]
        for each in figures.gaps or ()
        for name in _GAPS
        if (gap := getattr(each, name)) is not None
    ]
    if found:
        yield ["column", "gap", "value", "class_name", "least", "most"]
        yield from found


def _slices(figures: Report) -> Iterator[Row]:
    if not figures.slices:
        return
    yield ["column", "value", *_SLICE_FIGURES, "interval_low", "interval_high"]
    for row in figures.slices:
        values = _values(row, _SLICE_FIGURES)
        yield [cell(row.column), cell(row.value), *values, *row.interval]


def _values(figures: object, names: Sequence[str]) -> Row:
    return [getattr(figures, name) for name in names]
