"""What an answer of a model takes: time, size, parameters."""

from dataclasses import replace

from classifier.engine.measure.report import Cost
from classifier.engine.runtime.views import pixels_in
from classifier.evaluation.services.store_report import Measurement
from classifier.models import EvaluationReport
from datasets.decoding.pixels.store import PixelStore
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext

# Images, three times over: a fraction of a second also for a large network.
_TIMED = 4


def cost_of_version(context: JobContext, report: EvaluationReport, pixels: PixelStore) -> Cost:
    """Return the cost of the report's version, timed on this machine with its own images."""
    from classifier.engine.runtime.predictor import Predictor
    from classifier.engine.runtime.speed import milliseconds

    version = report.model_version
    if version.served_file is None:
        raise ValueError("the version has no model file yet")
    context.progress(0, None, "", "Timing the model file")
    predictor = Predictor.load(version.served_path, threads=1)
    some = samples_of(report.dataset_version, report.split_enum, first=_TIMED)
    images = pixels_in(pixels, [sha256 for sha256, _ in some], predictor.views)
    run = version.training_run
    return Cost(
        milliseconds_per_image=milliseconds([predictor], [images], turns=3)[0],
        bytes=version.served_file["bytes"],
        parameters=run.metrics.get("parameters") if run is not None else None,
    )


def with_cost(measurement: Measurement, cost: Cost) -> Measurement:
    """Return the measurement with what an answer takes."""
    return replace(measurement, report=replace(measurement.report, cost=cost))
