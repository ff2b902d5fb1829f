"""The model that a run's student learns from; runs on a worker."""

from classifier.engine.fit.teacher import Teacher
from classifier.models import TrainingRun
from classifier.training.selectors.teachers import version_of_teacher
from datasets.decoding.pixels.store import PixelStore
from jobs.handlers import JobContext, JobFailed


def teacher_of(context: JobContext, run: TrainingRun, pixels: PixelStore) -> Teacher | None:
    """Return the teacher of a run, None where it needs none; its answers are kept for a retry.

    Raises `JobFailed` (`bad_data`) where the version is gone.
    """
    if not run.config.get("teacher"):
        return None
    version = version_of_teacher(run)
    if version is None or version.served_file is None:
        raise JobFailed(
            "bad_data", "The teacher was deleted.", "Clone the run, and choose another teacher."
        )
    return Teacher(
        path=version.served_path,
        sha256=version.served_file["sha256"],
        class_names=run.dataset_version.class_names,
        pixels=pixels,
        kept=context.checkpoint_dir,
    )
