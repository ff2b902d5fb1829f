"""Reading evaluation reports."""

import csv
import io
import uuid
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from classifier.engine.measure.fast_mode import FastCheck
from classifier.engine.measure.report import Report
from classifier.models import EvaluationReport
from classifier.models.evaluation_report import EvaluationReportQuerySet
from common.spreadsheets import cell

_AVERAGES = ("precision", "recall", "f1")
_FIGURES = ("accuracy", "log_loss", "top5_accuracy", "sample_count")
_SLICE_FIGURES = ("support", "accuracy", "gap", "macro_f1")


def visible_reports(user: User) -> EvaluationReportQuerySet:
    """Return the reports that `user` may see, newest first."""
    return (
        EvaluationReport.objects.for_user(user)
        .select_related(
            "job",
            "model_version__model__organization",
            "model_version__training_run__dataset_version",
            "model_version__fast_mode",
            "dataset_version__dataset",
            "created_by",
        )
        .order_by("-created_at", "-id")
    )


def visible_report(user: User, report_id: uuid.UUID) -> EvaluationReport:
    """Return one report; raises `NotFound` for one that `user` may not see."""
    return visible_reports(user).get_visible(report_id)


def report_as_csv(figures: Report, verdict: str, fast: FastCheck | None = None) -> str:
    """Return the per-class table, the averages, the confusion matrix and the subgroups as CSV.

    `fast` is the check of the version's int8 file, where there is one.

    Tables under each other: precision, recall, F1 and support by class; the counts with a row for
    each true and a column for each predicted class; a row for each subgroup, where there are some.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["class_name", *_AVERAGES, "support"])
    for each in figures.per_class:
        writer.writerow([cell(each.class_name), *_values(each, _AVERAGES), each.support])
    # In tables of their own: a class may have any name.
    writer.writerows([[], ["average", *_AVERAGES]])
    writer.writerow(["macro", *_values(figures.macro, _AVERAGES)])
    writer.writerow(["weighted", *_values(figures.weighted, _AVERAGES)])
    writer.writerows([[], ["figure", "value"]])
    writer.writerows([name, getattr(figures, name)] for name in _FIGURES)
    if figures.accuracy_interval:
        writer.writerow(["(accuracy, 95 % interval)", *figures.accuracy_interval])
    if fast:
        writer.writerows(_fast_rows(fast))
    writer.writerow(["(verdict)", verdict])
    names = [cell(name) for name in figures.confusion_matrix.class_names]
    writer.writerows([[], [r"true \ predicted", *names]])
    for name, counts in zip(names, figures.confusion_matrix.counts, strict=True):
        writer.writerow([name, *counts])
    if figures.slices:
        writer.writerows(
            [[], ["column", "value", *_SLICE_FIGURES, "interval_low", "interval_high"]]
        )
    for row in figures.slices or ():
        values = _values(row, _SLICE_FIGURES)
        writer.writerow([cell(row.column), cell(row.value), *values, *row.interval])
    return stream.getvalue()


def _fast_rows(fast: FastCheck) -> list[list[Any]]:
    return [
        ["(fast mode, other answers)", fast.flipped, "of", fast.images],
        ["(fast mode, ms of a core an image)", fast.fast_ms, "float32", fast.float32_ms],
    ]


def _values(figures: object, names: Sequence[str]) -> list[Any]:
    return [getattr(figures, name) for name in names]
