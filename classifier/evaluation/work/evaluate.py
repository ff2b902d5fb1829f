"""Measure a registered model version on a split."""

from classifier.engine.errors import BadModelFile
from classifier.evaluation import kinds
from classifier.evaluation.selectors.seen import seen_by
from classifier.evaluation.services.preparing import prepare_file
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.evaluation.services.store_report import fill_report
from classifier.evaluation.work.asked_file import AskedFile
from classifier.evaluation.work.cost import cost_of_version, with_cost
from classifier.evaluation.work.measure import mapping_of, measurement_of
from classifier.evaluation.work.temperature import temperature_of_version
from classifier.failures import engine_failures, require_shared
from classifier.models import EvaluationReport
from datasets.decoding.pixels.store import open_pixels
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, handles


@handles(kinds.EVALUATE)
def evaluate(context: JobContext) -> None:
    """Fill the report in the transaction that ends its job."""
    report = EvaluationReport.objects.select_related(
        "model_version__dataset_version",
        "organization",
        "model_version__model__organization",
        "model_version__training_run",
        "dataset_version__dataset__organization",
    ).get(pk=context.payload["evaluation_report"])
    version = report.model_version
    dataset = report.dataset_version.dataset
    require_shared(report.organization, version.model.subject, dataset.subject)
    with engine_failures(context), open_pixels(context.log) as pixels:
        if version.model.built_in:
            context.progress(0, None, "", f"Preparing {version.model}")
            prepare_file(version.pk)
            version.refresh_from_db(fields=["files", "class_names"])
        try:
            file = AskedFile(context, version, dataset.organization_id, pixels)
            contents = [
                sha256 for sha256, _ in samples_of(report.dataset_version, report.split_enum)
            ]
            measurement = measurement_of(
                report.dataset_version,
                report.split_enum,
                file.class_names,
                file.answers(contents, f"Evaluating on the {report.split_name} split"),
                seen_by(version, report.dataset_version, report.split_enum),
                mapping=mapping_of(report),
                temperature=temperature_of_version(version, file),
            )
            measurement = with_cost(measurement, cost_of_version(context, report, pixels))
        except BadModelFile as error:
            record_refused_file(version=version, actor=report.created_by, reason=error.detail)
            raise
    url = f"/api/v1/evaluations/{report.pk}/"
    with context.finish("evaluation_report", report.pk, url=url) as result:
        result["from_vectors"] = file.from_vectors
        fill_report(report=report, measurement=measurement)
