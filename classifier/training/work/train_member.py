"""Train a run that is a member of an experiment: figures are kept of it, and no model."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from classifier.engine.measure.bits import text_of
from classifier.engine.measure.cross_validation import FoldFigures
from classifier.engine.outcome import TrainingOutcome
from classifier.engine.runtime.views import rows_of
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.target import Scores, decide
from classifier.evaluation.work.measure import READING
from classifier.failures import engine_failures
from classifier.models import ExperimentMember, TrainingRun
from classifier.models.model_version import SERVED_FILE
from classifier.training import kinds
from classifier.training.selectors.folds import FoldParts, figures_of_fold, kept_plan, parts_of_fold
from classifier.training.selectors.learned import seconds_for
from classifier.training.services.held_model import hold_model
from classifier.training.services.keep_member import keep_fold, keep_metrics
from classifier.training.work.kept_vectors import KeptVectors
from classifier.training.work.left_out import answers_to_readable
from classifier.training.work.pruning import PruningObserver
from classifier.training.work.train import fit_run, speed, train
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, handles
from jobs.models import JobAttempt


@handles(kinds.TRAIN_MEMBER)
@handles(kinds.TRAIN_MEMBER_HEAD)
def train_member(context: JobContext) -> None:
    """Fit the member's run; in one transaction its figures and the job's success.

    With a fold in its `spec` it learns from the others and answers that one; one that `holds` its
    model lays the files by, and tells which validation images it gets right; with `prune` it ends
    early where it falls behind the other members; one that keeps its model is registered and
    measured like any run, but does not go live.
    """
    run = TrainingRun.objects.select_related(
        "dataset_version__dataset", "organization", "created_by", "model", "job", "member"
    ).get(pk=context.payload["training_run"])
    member: ExperimentMember = run.member
    if member.keeps_model:
        train(context)
        return
    started = time.monotonic()
    _limit_time(run, member, context)
    with engine_failures(context), open_pixels(context.log) as pixels:
        parts = _parts(member, run)
        samples = None
        if parts is not None:
            samples = TrainingSamples(train=parts.train, validation=parts.validation, pixels=pixels)
        kept = KeptVectors(context, run.organization_id)
        observer = PruningObserver(context, run, member) if "prune" in member.spec else None
        outcome = fit_run(context, run, pixels, kept, context.checkpoint_dir, samples, observer)
        if observer is not None:
            observer.tell(outcome)
        fold = _fold(context, run, outcome, parts, pixels, started) if parts else None
        more = _held_figures(context, run, outcome, pixels) if member.spec.get("holds") else {}
    with context.finish("training_run", run.pk, url=f"/api/v1/training-runs/{run.pk}/"):
        metrics = keep_metrics(run=run, outcome=outcome)
        if fold is not None:
            keep_fold(member=member, figures=fold[0], answers=fold[1])
        else:
            ExperimentMember.objects.filter(pk=member.pk).update(result={**metrics, **more})
            if more:
                hold_model(run=run, outcome=outcome, files_dir=context.output_dir)
    # The files of an attempt that succeeded are kept, and these are of no use.
    for path in context.output_dir.iterdir():
        path.unlink()


def _fold(
    context: JobContext,
    run: TrainingRun,
    outcome: TrainingOutcome,
    parts: FoldParts,
    pixels: PixelStore,
    started: float,
) -> tuple[FoldFigures, Scores]:
    """Return what the model is worth on its fold, and what it answers there."""
    answers = _answers(context, run, outcome, parts.held, pixels)
    figures = figures_of_fold(
        answers,
        parts,
        len(run.dataset_version.class_names),
        learned_from=len(parts.train),
        seconds=time.monotonic() - started,
    )
    return figures, answers


def _limit_time(run: TrainingRun, member: ExperimentMember, context: JobContext) -> None:
    """Give the run what its experiment has left."""
    if "budget" in member.spec:
        run.time_limit_seconds = seconds_for(member, member.spec["budget"])
    if "deadline" in member.spec:
        run.time_limit_seconds = _seconds_until(member.spec["deadline"], context)


def _seconds_until(deadline: float, context: JobContext) -> int:
    """Return how long the training may take in all, from its first attempt to `deadline` (Unix)."""
    began = JobAttempt.objects.filter(job=context.job).order_by("fence")[0].started_at
    return max(1, round(deadline - began.timestamp()))


def _held_figures(
    context: JobContext, run: TrainingRun, outcome: TrainingOutcome, pixels: PixelStore
) -> dict[str, Any]:
    """Return what chooses among models: right or wrong on each validation image, and the speed."""
    validation = samples_of(run.dataset_version, Split.VALIDATION)
    answers = _answers(context, run, outcome, validation, pixels)
    labels = np.array([index for _, index in validation], np.int64)
    right = (decide(answers) == labels) & ~np.isnan(answers).any(axis=1)
    return {
        "right": text_of(right),
        "milliseconds_per_image": speed(context, run, pixels),
    }


def _parts(member: ExperimentMember, run: TrainingRun) -> FoldParts | None:
    """Return the images of a member with a fold; None for one that learns from the train split."""
    if "fold" not in member.spec:
        return None
    plan = kept_plan(run.dataset_version, member.experiment_id)
    if plan is None:
        raise RuntimeError(f"experiment {member.experiment_id} has queued a fold and kept none")
    return parts_of_fold(plan, member.spec["fold"])


def _answers(
    context: JobContext,
    run: TrainingRun,
    outcome: TrainingOutcome,
    held: Sequence[Sample],
    pixels: PixelStore,
) -> Scores:
    """Return what the written file answers to the images (n, classes): `answers_to_readable`."""
    from classifier.engine.runtime.predictor import Predictor

    path = context.output_dir / SERVED_FILE
    predictor = Predictor.load(path, outcome.files[SERVED_FILE]["sha256"])
    step = context.step

    def ask(contents: list[str]) -> Scores:
        rows = rows_of(pixels, contents, predictor.views, step("images", READING))
        return predictor.predict_rows(rows, step("images", "Asking about the fold"))

    return answers_to_readable(context, run, outcome.metrics, held, ask)
