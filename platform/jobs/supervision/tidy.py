"""Remove what an ended job left on disk, once. Safe to repeat, and to be killed in between."""

from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.db.models.functions import Now

from jobs.handlers import cleanup_of
from jobs.models import Job, Status
from jobs.selectors.retries import to_be_tidied
from storage import durable, scratch
from storage.names import checkpoint_folder


def tidy(*, job_id: UUID) -> bool:
    """Tidy up after a job that has ended; False when it has not, or is kept for a retry.

    The files of the attempt that succeeded stay: they are the result.
    """
    job = to_be_tidied().filter(pk=job_id).first()
    if job is None:
        return False
    if cleanup := cleanup_of(job.kind):
        cleanup(job)
    scratch.remove_tree(scratch.checkpoint_dir(job.lineage))
    if durable.lies_elsewhere():
        durable.delete_folder(checkpoint_folder(job.lineage))
    remove_dead_attempts(job)
    return bool(Job.objects.filter(pk=job.pk, tidied_at=None).update(tidied_at=Now()))


def remove_dead_attempts(job: Job) -> None:
    """Remove the folders of an ended job's attempts, but for the one that made the result."""
    for path in scratch.temporary_dirs(job.pk):
        scratch.remove_tree(path)
    for path in attempt_folders(job.pk):
        made_result = job.status == Status.SUCCEEDED and path.name == str(job.fence)
        if not made_result or not any(path.iterdir()):
            scratch.remove_tree(path)
    remove_if_empty(job.lineage)
    remove_if_empty(job.pk)


def attempt_folders(job_id: UUID) -> list[Path]:
    """Return the folders that attempts of the job have written."""
    return [path for path in scratch.job_dir(job_id).glob("*") if path.name.isdigit()]


def remove_if_empty(job_id: UUID) -> None:
    """Remove the folder of a job that holds nothing."""
    with suppress(OSError):
        scratch.job_dir(job_id).rmdir()
