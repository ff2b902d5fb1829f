"""Ask a model about images that are made worse, six ways and five severities each."""

from collections.abc import Sequence

import numpy as np

from classifier.engine.errors import BadModelFile
from classifier.engine.measure.class_mapping import ClassMapping
from classifier.engine.measure.robustness import Robustness, Worsened
from classifier.engine.runtime.corruptions import (
    CORRUPTIONS,
    SEVERITIES,
    Corruption,
    worsened,
)
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.runtime.views import joined, parted, rows_of
from classifier.engine.samples import Indices, Rows
from classifier.engine.target import decide
from classifier.evaluation import kinds
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.evaluation.services.start_robustness import store_robustness
from classifier.evaluation.work.measure import READING, mapping_of
from classifier.failures import engine_failures, require_shared
from classifier.models import RobustnessCheck
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, JobFailed, handles

# Images in memory at a time: 250 of 224 pixels take 38 MB.
_BLOCK = 250


@handles(kinds.ROBUSTNESS)
def measure_robustness(context: JobContext) -> None:
    """Fill the check in the transaction that ends its job."""
    check = RobustnessCheck.objects.select_related(
        "report__organization",
        "report__model_version__model__organization",
        "report__dataset_version__dataset__organization",
        "report__created_by",
        "created_by",
    ).get(pk=context.payload["robustness_check"])
    report = check.report
    subjects = (report.model_version.model.subject, report.dataset_version.dataset.subject)
    require_shared(report.organization, *subjects)
    with engine_failures(context), open_pixels(context.log) as pixels:
        try:
            found = _measured(context, check, pixels)
        except BadModelFile as error:
            record_refused_file(
                version=check.report.model_version, actor=check.created_by, reason=error.detail
            )
            raise
    url = f"/api/v1/evaluations/{check.report_id}/robustness/"
    with context.finish("evaluation_report", check.report_id, url=url):
        store_robustness(check=check, found=found)


def _measured(context: JobContext, check: RobustnessCheck, pixels: PixelStore) -> Robustness:
    # ONNX Runtime is for workers alone, as is everything that calls this.
    from classifier.engine.runtime.predictor import Predictor

    report = check.report
    version, data = report.model_version, report.dataset_version
    if version.served_file is None:
        raise JobFailed("bad_data", "The model version has no model file yet.")
    predictor = Predictor.load(version.served_path, version.served_file["sha256"])
    samples = _spread(samples_of(data, report.split_enum), check.images)
    mapped = mapping_of(report).onto(data.class_names, predictor.class_names)
    truth = np.array([mapped.places[index] for _, index in samples], np.int64)
    contents = [sha256 for sha256, _ in samples]
    reading = context.step("images", READING)
    rows = rows_of(pixels, contents, predictor.views, reading)
    steps = [(corruption, severity) for corruption in CORRUPTIONS for severity in SEVERITIES]
    right = _counted(context, predictor, mapped, rows, truth, steps)
    return Robustness(
        images=len(truth),
        clean=right[0] / len(truth),
        rows=tuple(
            Worsened(
                corruption=corruption.name,
                severity=severity,
                strength=corruption.strength_of(severity),
                accuracy=hits / len(truth),
            )
            for (corruption, severity), hits in zip(steps, right[1:], strict=True)
        ),
    )


def _counted(
    context: JobContext,
    predictor: Answering,
    mapped: ClassMapping,
    rows: Rows,
    truth: Indices,
    steps: Sequence[tuple[Corruption, int]],
) -> list[int]:
    """Return how many answers are right: of the images as they are, then at each step."""
    progress = context.step("images", "Asking about worse images")
    right = [0] * (1 + len(steps))
    done, total = 0, len(truth) * len(right)
    start = 0
    for block in rows.batches(np.arange(len(truth)), _BLOCK):
        asked = truth[start : start + len(block)]
        start += len(block)
        for place, step in enumerate([None, *steps]):
            views = parted(block, predictor.views)
            seen = block if step is None else joined([worsened(each, *step) for each in views])
            answers = mapped.applied(predictor.predict(seen))
            right[place] += int((decide(answers) == asked).sum())
            done += len(block)
            progress(done, total)
    return right


def _spread(samples: Sequence[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """Return up to `most` of the samples, evenly: their order is by hash, so by chance."""
    places = np.linspace(0, len(samples) - 1, min(most, len(samples))).astype(int)
    return [samples[place] for place in places]
