"""Train a model, register it, and report on the test split that it never saw."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from classifier.engine.fit.head import Head
from classifier.engine.fit.pretrained import VectorsOf
from classifier.engine.formats.compose import read_head
from classifier.engine.formats.facts import KERAS_FILE, SKOPS_FILE
from classifier.engine.measure.calibration import Temperature
from classifier.engine.measure.report import Cost
from classifier.engine.outcome import TrainingOutcome
from classifier.engine.presets.distilled import DistilledPreset
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.presets.scratch import ScratchPreset
from classifier.engine.runtime.views import pixels_in, rows_of
from classifier.engine.samples import Samples, TrainingSamples
from classifier.engine.target import Scores
from classifier.evaluation.services.store_report import Measurement, store_first_report
from classifier.evaluation.work.cost import with_cost
from classifier.evaluation.work.measure import READING, measure
from classifier.evaluation.work.temperature import MOST, fitted, fitted_on_pixels
from classifier.failures import engine_failures, require_shared
from classifier.models import EpochAnswers, EpochMetrics, TrainingRun
from classifier.models.model_version import SERVED_FILE
from classifier.registry.services.go_live import go_live_or_compare
from classifier.registry.services.register import register_version, version_id_of
from classifier.training import kinds
from classifier.training.selectors.subgroups import subgroups_of
from classifier.training.services.held_model import held_model
from classifier.training.services.keep_member import keep_version
from classifier.training.work.attempts import Attempts
from classifier.training.work.kept_vectors import Ask, HeadOfFile, KeptVectors
from classifier.training.work.left_out import LeftOut
from classifier.training.work.observer import RunObserver
from classifier.training.work.teacher import seen_of_test, teacher_of, tell_of_teacher
from classifier.training.work.unlabelled import Asked, unlabelled_of_run
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.errors import UnreadableImages
from datasets.models import DatasetVersion, Split
from datasets.selectors.forgotten import told_forgotten
from datasets.selectors.versions import ordered_samples, packed_samples_of, samples_of
from jobs.handlers import JobContext, handles

# Images, three times over: a fraction of a second also for a large network.
_TIMED = 4


@handles(kinds.TRAIN)
@handles(kinds.TRAIN_HEAD)
def train(context: JobContext) -> None:
    """Fit the run's preset; in one transaction the version, its report and the job's success.

    The first version of a model that passes the gate goes live in the same transaction.

    Only the train and validation splits reach the engine; the test split is read when the model
    is final.
    """
    run = TrainingRun.objects.select_related(
        "dataset_version__dataset__organization", "organization", "created_by", "model", "job"
    ).get(pk=context.payload["training_run"])
    require_shared(run.organization, run.dataset_version.dataset.subject)
    with engine_failures(context), open_pixels(context.log) as pixels:
        outcome, measurement = _fit_and_evaluate(context, run, pixels)
        tell_of_teacher(run, outcome, context.output_dir)
        outcome.metrics["milliseconds_per_image"] = speed(context, run, pixels)
        if measurement is not None:
            measurement = with_cost(measurement, _cost(outcome))
    version_id = version_id_of(run)
    url = f"/api/v1/model-versions/{version_id}/"
    with context.finish("model_version", version_id, url=url) as result:
        version = register_version(run=run, outcome=outcome, files_dir=context.output_dir)
        result["training_run"] = str(run.pk)
        report = None
        if measurement is not None:
            report = store_first_report(
                version=version,
                dataset_version=run.dataset_version,
                job=context.job,
                measurement=measurement,
            )
            result["evaluation_report"] = str(report.pk)
        if not keep_version(run=run, version=version):
            go_live_or_compare(version, report)


def _fit_and_evaluate(
    context: JobContext, run: TrainingRun, pixels: PixelStore
) -> tuple[TrainingOutcome, Measurement | None]:
    """Fit on kept vectors; where the served file disagrees with them, on computed ones instead.

    A member's run that holds a model is not fitted again.
    """
    held = held_model(run, context.output_dir) if hasattr(run, "member") else None
    if held is not None:
        return held, _evaluate(context, run, held, pixels)
    kept = KeptVectors(context, run.dataset_version.dataset.organization_id)
    outcome = fit_run(context, run, pixels, kept, context.checkpoint_dir)
    if kept.space is None or KERAS_FILE in outcome.files:
        return outcome, _evaluate(context, run, outcome, pixels)
    head = _head_of(context.output_dir / SERVED_FILE, classic=SKOPS_FILE in outcome.files)
    measurement = _evaluate(context, run, outcome, pixels, _on_vectors(kept, head, run))
    tested = measurement.probabilities if measurement is not None else None
    found = kept.flips(head, run.dataset_version, tested, _ask(context, pixels))
    context.log(
        f"Of {found.images} images {found.flipped} get another answer from the served file than "
        f"from kept vectors; probabilities differ by up to {found.largest_difference:.1g}."
    )
    if found.too_many:
        context.log("That is too many: it is fitted again, on vectors that are computed for it.")
        with context.guard():
            EpochMetrics.objects.filter(run=run).delete()
            EpochAnswers.objects.filter(run=run).delete()
        outcome = fit_run(context, run, pixels, None, context.checkpoint_dir / "computed")
        measurement = _evaluate(context, run, outcome, pixels)
    outcome.metrics["kept_vectors"] = {**asdict(found), "fitted_again": found.too_many}
    return outcome, measurement


def _on_vectors(kept: KeptVectors, head: HeadOfFile, run: TrainingRun) -> Temperature | None:
    """Return the temperature by kept vectors of validation images: no image is read again."""
    vectors, labels = kept.of_validation(run.dataset_version, MOST)
    return fitted(head(vectors), labels) if labels else None


def _cost(outcome: TrainingOutcome) -> Cost:
    return Cost(
        milliseconds_per_image=outcome.metrics["milliseconds_per_image"],
        bytes=outcome.files[SERVED_FILE]["bytes"],
        parameters=outcome.metrics.get("parameters"),
    )


def _ask(context: JobContext, pixels: PixelStore) -> Ask:
    """Return what asks the model file that was written about the pixels of contents."""

    def ask(contents: Sequence[str]) -> Scores:
        from classifier.engine.runtime.predictor import Predictor

        predictor = Predictor.load(context.output_dir / SERVED_FILE)
        reading = context.step("images", READING)
        rows = rows_of(pixels, contents, predictor.views, reading)
        return predictor.predict_rows(rows, lambda done, total: context.check())

    return ask


def _head_of(path: Path, *, classic: bool) -> HeadOfFile:
    """Return what a model file on a frozen backbone makes of that backbone's vectors."""
    if classic:
        from classifier.engine.formats.classic.model_file import classic_head

        return classic_head(path)
    return Head(*read_head(path)).predict


def fit_run(
    context: JobContext,
    run: TrainingRun,
    pixels: PixelStore,
    vectors: VectorsOf | None,
    checkpoint_dir: Path,
    samples: TrainingSamples | None = None,
    observer: RunObserver | None = None,
) -> TrainingOutcome:
    """Fit a run's preset on `samples`, by default its version's; the files go to the output.

    `observer` takes the place of the one that keeps curves. Images whose file can no longer be read
    are left out, and told in the metrics (`LeftOut`), as are those that were forgotten.

    Raises what the engine raises, and `UnreadableImages` where there are too many.
    """
    observer = observer or RunObserver(context, run)
    config = checked_config(run.preset, PRESETS[run.preset].stored_config(run.config))
    teacher = teacher_of(context, run, pixels)
    observer.stage("Listing the images of the version")
    asked = Asked([], {}) if samples else unlabelled_of_run(context, run, config)
    # A fold learns from the validation split too.
    splits = (Split.TRAIN, Split.VALIDATION) if samples else (Split.TRAIN,)
    samples = samples or _samples(run.dataset_version, pixels, asked)
    samples = replace(samples, subgroups=subgroups_of(run.dataset_version, config, splits))
    attempts = Attempts(context, run, config, observer, vectors, checkpoint_dir, teacher)
    left_out = LeftOut(context, asked.unreadable)
    if isinstance(PRESETS[run.preset], ScratchPreset | DistilledPreset):
        samples = left_out.unread_unlabelled(samples, pixels, config)
    outcome = left_out.fitted(run, samples, attempts.fit)
    for name in ("self_training", "distillation"):
        if name in outcome.metrics:
            outcome.metrics[name]["left_out"] = asked.left_out
    if left_out:
        outcome.metrics["unreadable"] = left_out.told(run.dataset_version)
    if forgotten := told_forgotten(run.dataset_version):
        context.log(forgotten.pop("sentence"))
        outcome.metrics["forgotten"] = forgotten
    return outcome


def _samples(version: DatasetVersion, pixels: PixelStore, asked: Asked) -> TrainingSamples:
    return TrainingSamples(
        train=Samples(*packed_samples_of(version, Split.TRAIN)),
        validation=Samples(*packed_samples_of(version, Split.VALIDATION)),
        pixels=pixels,
        unlabelled=asked.contents,
    )


def _evaluate(
    context: JobContext,
    run: TrainingRun,
    outcome: TrainingOutcome,
    pixels: PixelStore,
    temperature: Temperature | None = None,
) -> Measurement | None:
    """Return the report on the test split, or None where the version has no test images.

    Nor is there one where some of these can no longer be read: a report on fewer images would be
    another report, and the model is there all the same. The metrics then say why.
    Without a `temperature` the file is asked about validation images for one.
    """
    if not ordered_samples(run.dataset_version, Split.TEST).exists():
        return None
    try:
        return _report(context, run, outcome, pixels, temperature)
    except UnreadableImages as error:
        context.log(f"There is no report on the test split. {error.detail}")
        outcome.metrics["no_report"] = f"{error.detail} {error.hint}"
        return None


def _report(
    context: JobContext,
    run: TrainingRun,
    outcome: TrainingOutcome,
    pixels: PixelStore,
    temperature: Temperature | None,
) -> Measurement:
    progress = context.step("images", "Evaluating on the test split")
    path, sha256 = context.output_dir / SERVED_FILE, outcome.files[SERVED_FILE]["sha256"]
    measurement = measure(
        model_path=path,
        expected_sha256=sha256,
        dataset_version=run.dataset_version,
        split=Split.TEST,
        seen=seen_of_test(run),
        temperature=temperature
        or fitted_on_pixels(context, path, sha256, run.dataset_version, pixels),
        pixels=pixels,
        reading=context.step("images", READING),
        progress=progress,
    )
    progress(measurement.report.sample_count, measurement.report.sample_count)
    return measurement


def speed(context: JobContext, run: TrainingRun, pixels: PixelStore) -> float:
    """Return how many milliseconds of a core the served file takes for one image."""
    from classifier.engine.runtime.predictor import Predictor
    from classifier.engine.runtime.speed import milliseconds

    context.progress(0, None, "", "Timing the model file")
    predictor = Predictor.load(context.output_dir / SERVED_FILE, threads=1)
    some = [sha256 for sha256, _ in samples_of(run.dataset_version, Split.TRAIN)]
    chosen: list[str] = []
    while some and len(chosen) < _TIMED:
        chosen += pixels.some_readable(some[:_TIMED], predictor.views)
        some = some[_TIMED:]
    images = pixels_in(pixels, chosen[:_TIMED], predictor.views)
    return milliseconds([predictor], [images], turns=3)[0]
