"""The model that a run's student learns from; runs on a worker."""

from pathlib import Path

from classifier.engine.files import facts_of
from classifier.engine.fit.teacher import Teacher
from classifier.engine.formats.facts import TAUGHT_FILE
from classifier.engine.outcome import TrainingOutcome
from classifier.evaluation.selectors.seen import (
    count_seen,
    seen_by_student,
    validation_seen_by_teacher,
)
from classifier.evaluation.selectors.taken_images import as_list, contents_in, taken_images
from classifier.models import TrainingRun
from classifier.training.selectors.teachers import version_of_teacher
from datasets.decoding.pixels.store import PixelStore
from datasets.models import Split
from jobs.handlers import JobContext, JobFailed
from storage import durable
from storage.names import run_file_name


def teacher_of(context: JobContext, run: TrainingRun, pixels: PixelStore) -> Teacher | None:
    """Return the teacher of a run, None where it needs none; its answers are kept for a retry.

    What the teacher took without a class is kept with the run, for when the teacher is deleted.
    Raises `JobFailed` (`bad_data`) where the version is gone.
    """
    if run.distilled is None:
        return None
    version = version_of_teacher(run)
    if version is None or version.served_file is None:
        raise JobFailed(
            "bad_data", "The teacher was deleted.", "Clone the run, and choose another teacher."
        )
    name = run_file_name(run.pk, TAUGHT_FILE)
    if not durable.exists(name):
        durable.write(name, [as_list(taken_images(version))])
    return Teacher(
        path=version.served_path,
        sha256=version.served_file["sha256"],
        class_names=run.dataset_version.class_names,
        pixels=pixels,
        kept=context.checkpoint_dir,
    )


def seen_of_test(run: TrainingRun) -> int | None:
    """Return how many test images of its version a run's model learned from; None: not known."""
    version = run.dataset_version
    if run.distilled is None:
        return count_seen(version, Split.TEST, [str(version.pk)])
    return seen_by_student(version, Split.TEST, run.distilled, _taught(run))


def tell_of_teacher(run: TrainingRun, outcome: TrainingOutcome, folder: Path) -> None:
    """Add what the teacher took to the files of a student, and what it knows of validation."""
    if run.distilled is None:
        return
    taught = _taught(run)
    seen = validation_seen_by_teacher(run.dataset_version, run.distilled, taught)
    outcome.metrics["distillation"]["validation_seen"] = seen
    if taught:
        path = folder / TAUGHT_FILE
        path.write_bytes(durable.read(run_file_name(run.pk, TAUGHT_FILE)))
        outcome.files[TAUGHT_FILE] = facts_of(path)


def _taught(run: TrainingRun) -> list[str]:
    return contents_in(durable.read(run_file_name(run.pk, TAUGHT_FILE)).decode())
