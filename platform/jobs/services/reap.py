"""Take jobs from owners that have not renewed their lease."""

import logging
import zlib
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from jobs.errors import JobFailed
from jobs.models import Job, Outcome, Status
from jobs.services.end_attempt import fail

logger = logging.getLogger(__name__)
LOCK_NUMBER = zlib.crc32(b"loupe.jobs.reap")


def reap() -> list[UUID]:
    """End every attempt whose lease is over, on the database's clock; return the jobs.

    One reaper works at a time (advisory lock). A job whose row is locked is being written by its
    owner at this moment; it is looked at again next time.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK_NUMBER])
            if not cursor.fetchone()[0]:
                return []
        expired = list(
            Job.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(status=Status.RUNNING, lease_until__lt=Now())
            .values_list("pk", "fence")
        )
        return [pk for pk, fence in expired if _take(pk, fence)]


def _take(job_id: UUID, fence: int) -> bool:
    logger.warning("job %s fence %d: its worker has gone silent", job_id, fence)
    failure = JobFailed("lost", "The worker went silent: it was killed, or lost its network.")
    return fail(job_id=job_id, fence=fence, failure=failure, outcome=Outcome.LOST)
