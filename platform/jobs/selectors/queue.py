"""Whose turn it is, and where a waiting job stands."""

from uuid import UUID

from django.db import connection

from jobs.models import Job, Status
from jobs.selectors.turns import RANK

# What a queue has given to each organization and to each person whose jobs wait in it: how many
# jobs run, and when one was last begun. Once for each of them, by an index, not per row.
SHARES = """
waiting AS (
    SELECT DISTINCT organization_id, created_by_id FROM jobs_job
    WHERE queue = %(queue)s AND status = 'queued'
), running AS (
    SELECT organization_id, created_by_id FROM jobs_job
    WHERE queue = %(queue)s AND status = 'running' AND lease_until IS NOT NULL
), organization AS (
    SELECT id,
           (SELECT count(*) FROM running WHERE organization_id = id) AS running,
           coalesce((SELECT max(claimed_at) FROM jobs_job
                     WHERE organization_id = waiter.id AND queue = %(queue)s),
                    '-infinity') AS served_at
    FROM (SELECT DISTINCT organization_id AS id FROM waiting) AS waiter
), person AS (
    SELECT id,
           (SELECT count(*) FROM running WHERE created_by_id = id) AS running,
           coalesce((SELECT max(claimed_at) FROM jobs_job
                     WHERE created_by_id = waiter.id AND queue = %(queue)s),
                    '-infinity') AS served_at
    FROM (
        SELECT DISTINCT created_by_id AS id FROM waiting WHERE created_by_id IS NOT NULL
    ) AS waiter
), share AS (
    SELECT waiting.organization_id, waiting.created_by_id,
           organization.running AS organization_running,
           coalesce(person.running, organization.running) AS person_running,
           greatest(organization.served_at, person.served_at) AS served_at,
           least(organization.served_at, person.served_at) AS before_at
    FROM waiting
    JOIN organization ON organization.id = waiting.organization_id
    LEFT JOIN person ON person.id = waiting.created_by_id
)
"""
# A person's share of one organization's jobs; work that no person started has none.
OF_SHARE = (
    "share ON share.organization_id = job.organization_id "
    "AND share.created_by_id IS NOT DISTINCT FROM job.created_by_id"
)

# What `claim` would do if places became free one after the other: of each organization's jobs, and
# of each person's, the n-th waits for the n-th of everybody else's, after those that run now.
ORDER = f"""
WITH {SHARES}, numbered AS (
    SELECT job.id, {RANK} AS rank, job.created_at, job.organization_id,
           coalesce(job.created_by_id, job.organization_id) AS person_id, share.served_at,
           share.before_at, share.organization_running, share.person_running,
           row_number() OVER (
               PARTITION BY job.organization_id, job.created_by_id, {RANK}
               ORDER BY job.created_at, job.id) AS own
    FROM jobs_job AS job JOIN {OF_SHARE}
    WHERE job.queue = %(queue)s AND job.status = 'queued'
), turns AS (
    SELECT *,
           organization_running + row_number() OVER (
               PARTITION BY organization_id, rank ORDER BY own, created_at, id
           ) AS organization_turn,
           person_running + row_number() OVER (
               PARTITION BY person_id, rank ORDER BY own, created_at, id
           ) AS person_turn
    FROM numbered
), placed AS (
    SELECT id, row_number() OVER (
        ORDER BY rank DESC, greatest(organization_turn, person_turn), served_at, before_at,
                 created_at, id) AS place
    FROM turns
)
SELECT id, place FROM placed WHERE id = ANY(%(jobs)s)
"""  # noqa: S608


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
