"""How an attempt ends other than by success: failed or to be retried, cancelled, given back, lost.

Every function changes the job only while it runs under the given fence, and returns whether it did.
"""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs.errors import JobFailed
from jobs.models import Job, JobAttempt, Outcome, Status
from jobs.selectors.turns import next_turn
from jobs.services.announce import announce
from jobs.services.publish import publish_due

RELEASED = {"lease_until": None}
TRIED_AGAIN = "There is nothing to do: the next attempt starts by itself."


class Log(NamedTuple):
    """The end of what an attempt wrote: all of it, for operators, and what it told members."""

    tail: str = ""
    public: str = ""


NO_LOG = Log()


def fail(
    *,
    job_id: UUID,
    fence: int,
    failure: JobFailed,
    log: Log = NO_LOG,
    outcome: Outcome = Outcome.FAILED,
) -> bool:
    """End the attempt with a named failure: retry_wait while attempts are left, else failed."""
    error = failure.as_error()
    with transaction.atomic():
        job = _owned(job_id, fence)
        if job is None:
            return False
        if failure.retry and job.attempts < job.max_attempts and not job.cancel_requested_at:
            wait = timedelta(seconds=retry_delay(job.attempts))
            for_now = {**error, "hint": TRIED_AGAIN}
            _move(job, Status.RETRY_WAIT, error=for_now, available_at=Now() + wait)
        elif job.cancel_requested_at:
            _move(job, Status.CANCELLED, ended_at=Now(), error=None)
        else:
            _move(job, Status.FAILED, ended_at=Now(), error=error)
        _close(job_id, fence, outcome, error=error, log=log)
        transaction.on_commit(lambda: announce(job_id), robust=True)
    return True


def cancelled(*, job_id: UUID, fence: int, log: Log = NO_LOG) -> bool:
    """End a running job that a person cancelled."""
    with transaction.atomic():
        job = _owned(job_id, fence)
        if job is None:
            return False
        _move(job, Status.CANCELLED, ended_at=Now(), error=None)
        _close(job_id, fence, Outcome.CANCELLED, log=log)
        transaction.on_commit(lambda: announce(job_id), robust=True)
    return True


def give_back(*, job_id: UUID, fence: int, log: Log = NO_LOG) -> bool:
    """Put a running job back into its queue, the attempt not counted, and ring for it.

    One with a request to cancel ends: in the queue, no worker would see the request.
    """
    with transaction.atomic():
        job = _owned(job_id, fence)
        if job is None:
            return False
        if job.cancel_requested_at:
            return cancelled(job_id=job_id, fence=fence, log=log)
        _move(
            job,
            Status.RETRY_WAIT,
            available_at=Now(),
            attempts=F("attempts") - 1,
            turn_at=next_turn(),
        )
        _close(job_id, fence, Outcome.GIVEN_BACK, log=log)
    publish_due(job_id=job_id)
    return True


def keep_log(*, job_id: UUID, fence: int, log: Log) -> None:
    """Store the log's end of an attempt that ended by itself."""
    JobAttempt.objects.filter(job_id=job_id, fence=fence).update(
        log_tail=log.tail, public_log=log.public
    )


def retry_delay(attempts: int) -> float:
    """Return the seconds to wait after this many attempts (1 or more)."""
    delays: list[float] = settings.JOB_RETRY_SECONDS
    return delays[min(attempts, len(delays)) - 1]


def _owned(job_id: UUID, fence: int) -> Job | None:
    return (
        Job.objects.select_for_update(of=("self",))
        .filter(pk=job_id, fence=fence, status=Status.RUNNING)
        .first()
    )


def _move(job: Job, status: Status, **fields: Any) -> None:
    Job.objects.filter(pk=job.pk).update(status=status, **RELEASED, **fields)


def _close(
    job_id: UUID,
    fence: int,
    outcome: Outcome,
    *,
    error: dict[str, Any] | None = None,
    log: Log = NO_LOG,
) -> None:
    JobAttempt.objects.filter(job_id=job_id, fence=fence).update(
        ended_at=Now(),
        outcome=outcome,
        error=error,
        log_tail=log.tail,
        public_log=log.public,
    )
