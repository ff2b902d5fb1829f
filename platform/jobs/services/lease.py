"""The lease of a running job, and all writes that only its owner may make."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from jobs.models import Job, Status
from jobs.selectors.turns import not_in_its_turn, waits_for_a_place


class Owned(NamedTuple):
    """What the owner of a running job has to know."""

    cancel_requested: bool
    in_background: bool
    # A job that is not in the background waits in the same queue, and no place has become free.
    in_the_way: bool


class Used(NamedTuple):
    """What a job has used so far, in all attempts; None: not measured, so no sum is known."""

    processor_seconds: float | None
    gpu_seconds: float | None


def renew(*, job_id: UUID, fence: int, used: Used) -> bool:
    """Extend the lease on the database's clock; False when the job is no longer this owner's.

    What the work has `used` is stored with it, so a killed worker takes little of it along.
    """
    return bool(
        Job.objects.filter(pk=job_id, fence=fence, status=Status.RUNNING).update(
            lease_until=Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS), **used._asdict()
        )
    )


def save_use(*, job_id: UUID, fence: int, used: Used) -> None:
    """Store what the work has used, also of a job that has just ended."""
    Job.objects.filter(pk=job_id, fence=fence).update(**used._asdict())


def look(*, job_id: UUID, fence: int) -> Owned | None:
    """Return whether the job is to be cancelled; None when it is no longer this owner's.

    A job that has succeeded is still its owner's: only the owner can have ended it so, and it may
    be ringing for the work that came out of it. So is one that its owner has parked, until it is
    woken: the owner may be looking whether that is due.
    """
    held = Q(fence=fence, status__in=(Status.RUNNING, Status.SUCCEEDED))
    parked = Q(fence=fence + 1, status=Status.RUNNING, lease_until=None)
    job = (
        Job.objects.filter(held | parked, pk=job_id)
        .only("cancel_requested_at", "priority", "queue", "kind")
        .first()
    )
    if job is None:
        return None
    return Owned(
        cancel_requested=job.cancel_requested_at is not None,
        in_background=job.in_background,
        in_the_way=job.in_background and _is_waited_for(job),
    )


def _is_waited_for(job: Job) -> bool:
    patience = timedelta(seconds=settings.JOB_YIELD_SECONDS)
    waiting = Job.objects.filter(waits_for_a_place(), queue=job.queue, status=Status.QUEUED)
    may_be_asked = Job.objects.filter(not_in_its_turn(), pk=job.pk)
    return waiting.filter(published_at__lt=Now() - patience).exists() and may_be_asked.exists()


def save_progress(*, job_id: UUID, fence: int, progress: dict) -> bool:
    """Store the progress; False when the job is no longer this owner's."""
    return bool(
        Job.objects.filter(pk=job_id, fence=fence, status=Status.RUNNING).update(progress=progress)
    )
