"""Reading evaluation reports."""

import csv
import io
import uuid

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.evaluation.selectors.verdicts import text_of_report
from classifier.models import EvaluationReport
from common.spreadsheets import cell

_FIGURES = ("accuracy", "log_loss", "top5_accuracy", "sample_count")
_SLICE_FIGURES = ("support", "accuracy", "gap", "macro_f1")


def visible_reports(user: User) -> TenantQuerySet:
    """Return the reports that `user` may see, newest first."""
    return (
        EvaluationReport.objects.for_user(user)
        .select_related(
            "job",
            "model_version__model__organization",
            "model_version__training_run__dataset_version",
            "dataset_version__dataset",
            "created_by",
        )
        .order_by("-created_at", "-id")
    )


def visible_report(user: User, report_id: uuid.UUID) -> EvaluationReport:
    """Return one report; raises `NotFound` for one that `user` may not see."""
    return visible_reports(user).get_visible(report_id)


def report_as_csv(report: EvaluationReport) -> str:
    """Return the per-class table, the averages, the confusion matrix and the subgroups as CSV.

    Tables under each other: precision, recall, F1 and support by class; the counts with a row for
    each true and a column for each predicted class; a row for each subgroup, where there are some.
    Empty until the report is there.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    metrics = report.metrics or {}
    writer.writerow(["class_name", "precision", "recall", "f1", "support"])
    for row in metrics.get("per_class", []):
        writer.writerow(
            [cell(row["class_name"]), row["precision"], row["recall"], row["f1"], row["support"]]
        )
    # In tables of their own: a class may have any name.
    if averages := [name for name in ("macro", "weighted") if metrics.get(name)]:
        writer.writerows([[], ["average", "precision", "recall", "f1"]])
        for name in averages:
            writer.writerow([name, *(metrics[name][key] for key in ("precision", "recall", "f1"))])
    if figures := [name for name in _FIGURES if name in metrics]:
        writer.writerows([[], ["figure", "value"], *([name, metrics[name]] for name in figures)])
    if report.accuracy_interval:
        writer.writerow(["(accuracy, 95 % interval)", *report.accuracy_interval])
    if words := text_of_report(report):
        writer.writerow(["(verdict)", words])
    if matrix := metrics.get("confusion_matrix"):
        writer.writerow([])
        names = [cell(name) for name in matrix["class_names"]]
        writer.writerow([r"true \ predicted", *names])
        for name, counts in zip(names, matrix["counts"], strict=True):
            writer.writerow([name, *counts])
    if slices := metrics.get("slices"):
        writer.writerow([])
        writer.writerow(["column", "value", *_SLICE_FIGURES, "interval_low", "interval_high"])
        for row in slices:
            figures = [row[name] for name in _SLICE_FIGURES]
            writer.writerow([cell(row["column"]), cell(row["value"]), *figures, *row["interval"]])
    return stream.getvalue()
