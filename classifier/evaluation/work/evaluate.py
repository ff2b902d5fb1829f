"""Measure a registered model version on a split."""

from classifier.engine.errors import BadModelFile
from classifier.evaluation import kinds
from classifier.evaluation.selectors.seen import seen_by
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.evaluation.services.store_report import fill_report
from classifier.evaluation.work.cost import cost_of_version, with_cost
from classifier.evaluation.work.measure import READING, measure
from classifier.evaluation.work.temperature import temperature_of_version
from classifier.failures import engine_failures
from classifier.models import EvaluationReport
from datasets.decoding.pixels.store import open_pixels
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.EVALUATE)
def evaluate(context: JobContext) -> None:
    """Fill the report in the transaction that ends its job."""
    report = EvaluationReport.objects.select_related(
        "model_version__dataset_version",
        "model_version__model",
        "model_version__training_run",
        "dataset_version__dataset",
    ).get(pk=context.payload["evaluation_report"])
    version = report.model_version
    if version.served_file is None:
        raise JobFailed("bad_data", "The model version has no model file yet.")

    with engine_failures(context), open_pixels(context.log) as pixels:
        try:
            temperature = temperature_of_version(context, version, pixels)
            measurement = measure(
                model_path=version.served_path,
                expected_sha256=version.served_file["sha256"],
                dataset_version=report.dataset_version,
                split=report.split_enum,
                seen=seen_by(version, report.dataset_version, report.split_enum),
                class_mapping=report.class_mapping,
                temperature=temperature,
                pixels=pixels,
                reading=context.step("images", READING),
                progress=context.step("images", f"Evaluating on the {report.split_name} split"),
            )
            measurement = with_cost(measurement, cost_of_version(context, report, pixels))
        except BadModelFile as error:
            record_refused_file(version=version, actor=report.created_by, reason=error.detail)
            raise
    url = f"/api/v1/evaluations/{report.pk}/"
    with context.finish("evaluation_report", report.pk, url=url):
        fill_report(report=report, measurement=measurement)
