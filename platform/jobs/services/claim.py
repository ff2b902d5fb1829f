"""queued → running: one worker takes the job whose turn it is."""

import zlib

from django.conf import settings
from django.db import connection, transaction

from jobs.models import Job, JobAttempt
from jobs.selectors.queue import OF_SHARE, SHARES
from jobs.selectors.turns import RANK
from jobs.services.announce import announce

# By priority, or by a turn that is due; then whose person and whose organization have the fewest
# running jobs in this queue, the larger of the two numbers; of equals the one whose last turn was
# longer ago; then age. So one person wins no turns by several organizations, nor an organization by
# several people.
CLAIM = f"""
WITH {SHARES}, turn AS (
    SELECT job.id
    FROM jobs_job AS job JOIN {OF_SHARE}
    WHERE job.queue = %(queue)s AND job.status = 'queued'
    ORDER BY {RANK} DESC, greatest(share.organization_running, share.person_running),
             share.served_at, least(share.organization_running, share.person_running),
             share.before_at, job.created_at, job.id
    LIMIT 1
)
UPDATE jobs_job AS job
SET status = 'running', attempts = attempts + 1, fence = fence + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    started_at = coalesce(started_at, now()), claimed_at = clock_timestamp(), available_at = NULL
FROM turn WHERE job.id = turn.id AND job.status = 'queued'
RETURNING job.id
"""  # noqa: S608


def claim(*, queue: str, worker: str) -> Job | None:
    """Take the next job of `queue` for `worker` under a fresh fence and lease; None: there is none.

    Claims of one queue wait for each other, so that two of them see each other's share.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_number(queue)])
            cursor.execute(CLAIM, {"queue": queue, "lease": settings.JOB_LEASE_SECONDS})
            row = cursor.fetchone()
        if row is None:
            return None
        job = Job.objects.get(pk=row[0])
        JobAttempt.objects.create(job=job, number=job.attempts, fence=job.fence, worker=worker)
    announce(job.pk)
    return job


def _lock_number(queue: str) -> int:
    return zlib.crc32(f"loupe.jobs.claim.{queue}".encode())
