"""Where a waiting job stands."""

from uuid import UUID

from django.db import connection

from jobs.models import Job, Status

# What `claim` would do if places became free one after the other: of each organization's jobs the
# n-th waits for the n-th of everybody else's, after those that run now.
ORDER = """
WITH share AS (
    SELECT organization_id,
           count(*) FILTER (WHERE status = 'running') AS running,
           max(claimed_at) AS served_at
    FROM jobs_job WHERE queue = %(queue)s GROUP BY organization_id
), waiting AS (
    SELECT job.id, job.priority, share.served_at, job.created_at,
           share.running + row_number() OVER (
               PARTITION BY job.organization_id, job.priority ORDER BY job.created_at, job.id
           ) AS turn
    FROM jobs_job AS job JOIN share USING (organization_id)
    WHERE job.queue = %(queue)s AND job.status = 'queued'
), placed AS (
    SELECT id, row_number() OVER (
        ORDER BY priority DESC, turn, served_at NULLS FIRST, created_at, id) AS place
    FROM waiting
)
SELECT id, place FROM placed WHERE id = ANY(%(jobs)s)
"""


def position_in_queue(job: Job) -> int | None:
    """Return 1 for the job that is claimed next, None for one that is not queued."""
    return positions_in_queue([job]).get(job.pk)


def positions_in_queue(jobs: list[Job]) -> dict[UUID, int]:
    """Return the place of each of these jobs that is queued; 1 is claimed next."""
    places: dict[UUID, int] = {}
    for queue in {job.queue for job in jobs if job.status == Status.QUEUED}:
        waiting = [job.pk for job in jobs if job.queue == queue and job.status == Status.QUEUED]
        with connection.cursor() as cursor:
            cursor.execute(ORDER, {"queue": queue, "jobs": waiting})
            places |= dict(cursor.fetchall())
    return places
