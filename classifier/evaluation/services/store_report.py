"""Store what a worker measured: the report's figures, and the answer to each image."""

from dataclasses import dataclass
from typing import Any

from classifier.models import EvaluationReport, ModelVersion, ReportAnswers, TrainingRun
from datasets.models import Split
from jobs.models import Job


@dataclass(frozen=True)
class Measurement:
    """A report's `metrics`, and what becomes its `ReportAnswers`."""

    metrics: dict[str, Any]
    answers: dict[str, Any]


def store_report_of_run(
    *, run: TrainingRun, version: ModelVersion, job: Job, measurement: Measurement
) -> EvaluationReport:
    """Make the report on the run's own test split, in the transaction that ends its job."""
    report = EvaluationReport.objects.create(
        organization=run.organization,
        model_version=version,
        dataset_version=run.dataset_version,
        split=Split.TEST,
        job=job,
        metrics=measurement.metrics,
        created_by=run.created_by,
    )
    ReportAnswers.objects.create(report=report, **measurement.answers)
    return report


def fill_report(*, report: EvaluationReport, measurement: Measurement) -> None:
    """Store the figures of a report that waited for them, in the transaction that ends its job."""
    EvaluationReport.objects.filter(pk=report.pk).update(metrics=measurement.metrics)
    ReportAnswers.objects.create(report=report, **measurement.answers)
