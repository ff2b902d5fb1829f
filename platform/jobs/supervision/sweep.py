"""The safety net of tidying: what workers that died could not do themselves."""

import logging
import time
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from jobs.models import TERMINAL, IdempotencyKey, Job
from jobs.selectors.retries import to_be_tidied
from jobs.services.chores import hourly
from jobs.supervision.tidy import remove_dead_attempts, tidy
from storage import durable, scratch
from storage.names import CHECKPOINTS, checkpoint_folder, lineage_of

logger = logging.getLogger(__name__)
BATCH = 200
ENDED = {"status__in": TERMINAL, "tidied_at__isnull": False}


def sweep() -> None:
    """Tidy ended jobs and forget old idempotency keys; folders are each machine's own chore."""
    # A worker that has just lost a job may still be writing for as long as a lease lasts.
    quiet = timedelta(seconds=settings.JOB_LEASE_SECONDS)
    ended = to_be_tidied().filter(ended_at__lt=Now() - quiet).order_by("ended_at")
    for job_id in ended.values_list("pk", flat=True)[:BATCH]:
        try:
            tidy(job_id=job_id)
        except Exception:
            # One app's clean-up must not keep the others from theirs.
            logger.exception("job %s could not be tidied up; tried again later", job_id)
    IdempotencyKey.objects.filter(
        created_at__lt=Now() - timedelta(seconds=settings.IDEMPOTENCY_KEY_SECONDS)
    ).delete()


def sweep_folders() -> None:
    """Remove from this machine's scratch what no job needs; each machine does it for itself."""
    for job_id in _job_folders():
        _sweep_folder(job_id)


@hourly
def sweep_checkpoints() -> None:
    """Delete from the store what no job will resume: a process sent it late, or tidying failed."""
    if not durable.lies_elsewhere():
        return
    named = map(lineage_of, durable.walk(CHECKPOINTS))
    there = {lineage for lineage in named if lineage is not None}
    needed = Job.objects.filter(lineage__in=there).exclude(**ENDED)
    for lineage in there - set(needed.values_list("lineage", flat=True)):
        durable.delete_folder(checkpoint_folder(lineage))


def _job_folders() -> list[UUID]:
    """Return the ids that folders are named after and where something may be too much."""
    found = []
    for path in scratch.jobs_dir().glob("*"):
        with suppress(ValueError, FileNotFoundError):
            if time.time() - path.stat().st_mtime > settings.JOB_LEASE_SECONDS:
                found.append(UUID(path.name))
    return found


def _sweep_folder(job_id: UUID) -> None:
    """Remove checkpoints that no attempt will resume, and what dead attempts wrote afterwards."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        scratch.remove_tree(scratch.job_dir(job_id))
        return
    if not Job.objects.filter(lineage=job_id).exclude(**ENDED).exists():
        scratch.remove_tree(scratch.checkpoint_dir(job_id))
    if job.is_terminal and job.tidied_at:
        remove_dead_attempts(job)
