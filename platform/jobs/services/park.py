"""A job that waits for other jobs: it runs, and no worker is held by it.

The handler says so (`JobContext.park`) once it has queued what it waits for. The app that hears of
the end of that wakes the job, whose handler begins again from the rows that it finds.
"""

from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from jobs import events
from jobs.models import Job, JobAttempt, Outcome, Status
from jobs.services.publish import publish_due


def park(*, job_id: UUID, fence: int, progress: dict, processor_seconds: float | None) -> None:
    """Let go of a running job, in the transaction of its owner, who holds its row's lock.

    The fence grows, so that nothing of this attempt counts from here on but what it has used
    (`processor_seconds`, over all attempts); the attempt is not counted.
    """
    Job.objects.filter(pk=job_id, fence=fence, status=Status.RUNNING).update(
        fence=F("fence") + 1,
        attempts=F("attempts") - 1,
        lease_until=None,
        progress=progress,
        processor_seconds=processor_seconds,
    )
    JobAttempt.objects.filter(job_id=job_id, fence=fence).update(
        outcome=Outcome.PARKED, ended_at=Now()
    )


def wake(*, job_id: UUID) -> bool:
    """Put a parked job back into its queue and ring for it; False for one that is not parked."""
    woken = _parked(job_id).update(status=Status.RETRY_WAIT, available_at=Now())
    return bool(woken) and publish_due(job_id=job_id)


def tell_parked(*, job_id: UUID, progress: dict) -> bool:
    """Store and send the progress of a parked job, which has no process of its own to do so."""
    told = bool(_parked(job_id).update(progress=progress))
    if told:
        events.publish(job_id, [("progress", progress)])
    return told


def _parked(job_id: UUID) -> QuerySet[Job]:
    return Job.objects.filter(pk=job_id, status=Status.RUNNING, lease_until=None)
