"""Store what a worker measured: the report's figures, and the answer to each image."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from classifier.engine.measure.answers import PackedAnswers
from classifier.engine.measure.class_curve import ClassCurve
from classifier.engine.measure.report import Report
from classifier.engine.target import Scores
from classifier.evaluation.services import listeners
from classifier.models import (
    EvaluationReport,
    ModelVersion,
    ReportAnswers,
    ReportCurve,
    VersionCalibration,
)
from datasets.models import DatasetVersion, Split
from jobs.models import Job


@dataclass(frozen=True)
class Measurement:
    """A report, the answers that it counts, and what `ReportAnswers` says of their images.

    `probabilities` (n, classes) are the answers in full, in the order of `samples_of`; not kept.
    `curves` has one for each class of the model, None for a class that has none.
    """

    report: Report
    answers: PackedAnswers
    samples_digest: str
    probabilities: Scores
    curves: Sequence[ClassCurve | None] = ()


def store_first_report(
    *,
    version: ModelVersion,
    dataset_version: DatasetVersion,
    job: Job,
    measurement: Measurement,
) -> EvaluationReport:
    """Make the report on a test split of the job that made the version, where that ends."""
    report = EvaluationReport.objects.create(
        organization=version.model.organization or dataset_version.dataset.organization,
        model_version=version,
        dataset_version=dataset_version,
        split=Split.TEST,
        job=job,
        metrics=measurement.report.to_json(),
        created_by=version.created_by,
    )
    _keep_answers(report, measurement)
    return report


def fill_report(*, report: EvaluationReport, measurement: Measurement) -> None:
    """Store the figures of a report that waited for them, in the transaction that ends its job.

    The listeners hear of it.
    """
    EvaluationReport.objects.filter(pk=report.pk).update(metrics=measurement.report.to_json())
    _keep_answers(report, measurement)
    listeners.tell(report)


def _keep_answers(report: EvaluationReport, measurement: Measurement) -> None:
    ReportAnswers.objects.create(
        report=report,
        samples_digest=measurement.samples_digest,
        **asdict(measurement.answers),
    )
    ReportCurve.objects.bulk_create(
        ReportCurve(report=report, class_index=index, points=curve.to_json())
        for index, curve in enumerate(measurement.curves)
        if curve is not None
    )
    calibration = measurement.report.calibration
    if calibration is not None and calibration.temperature is not None:
        VersionCalibration.objects.get_or_create(
            model_version=report.model_version,
            defaults={
                "temperature": calibration.temperature,
                "images": calibration.fitted_on,
            },
        )
