"""The figures that operators watch, counted in Postgres: right however many processes there are."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

# Bounds of the times of successful jobs, in seconds. The trigger of `DeletedFigures` has them too.
BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 14400, 86400)
WAITING = """
SELECT queue, status, count(*), extract(epoch FROM clock_timestamp() - min(created_at))
FROM jobs_job WHERE status IN ('pending', 'queued', 'retry_wait') GROUP BY 1, 2 ORDER BY 1, 2
"""
RUNNING = """
SELECT queue, kind, count(*),
       max(%(lease)s - extract(epoch FROM lease_until - clock_timestamp()))
FROM jobs_job WHERE status = 'running' AND lease_until IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
PARKED = """
SELECT queue, kind, count(*)
FROM jobs_job WHERE status = 'running' AND lease_until IS NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
# Ended jobs that are there, `among` some or all, in the shape of rows of `DeletedFigures`.
ENDED_ROWS = """
SELECT kind, status AS outcome, left(coalesce(error ->> 'code', ''), 40) AS code,
       width_bucket(took, %(buckets)s::float8[]) AS bucket,
       count(*) AS count, coalesce(sum(took), 0) AS seconds
FROM (SELECT kind, status, error, CASE WHEN status = 'succeeded'
             THEN extract(epoch FROM ended_at - started_at)::float8 END AS took
      FROM jobs_job WHERE status IN ('succeeded', 'failed', 'cancelled') AND {among}) AS ended
GROUP BY 1, 2, 3, 4
"""
BOUNDS = {"buckets": [float(bound) for bound in BUCKETS]}
ENDED = f"""
SELECT kind, outcome, code, bucket, sum(count)::bigint, sum(seconds)
FROM ({ENDED_ROWS.format(among="true")}
      UNION ALL SELECT kind, outcome, code, bucket, count, seconds
      FROM jobs_deletedfigures WHERE NOT is_attempt) AS figures
GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0 ORDER BY 1, 2, 3, 4
"""  # noqa: S608 -- both parts are ours
ATTEMPTS = """
SELECT kind, outcome, code, sum(count)::bigint
FROM (SELECT job.kind, attempt.outcome, left(coalesce(attempt.error ->> 'code', ''), 40) AS code,
             count(*) AS count
      FROM jobs_jobattempt AS attempt JOIN jobs_job AS job ON job.id = attempt.job_id
      WHERE attempt.outcome <> '' GROUP BY 1, 2, 3
      UNION ALL SELECT kind, outcome, code, count
      FROM jobs_deletedfigures WHERE is_attempt) AS figures
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Durations:
    """How long the successful jobs of a kind took, from first start to end, in seconds."""

    count: int = 0
    total_seconds: float = 0.0
    # Jobs within each of BUCKETS, and those above the last.
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    @property
    def mean_seconds(self) -> float:
        """The mean, 0 for none."""
        return self.total_seconds / self.count if self.count else 0.0


@dataclass(frozen=True)
class Figures:
    """One reading. Keys of the mappings are in the order of their names' words.

    What has ended is counted since the installation began: also what was deleted since.
    """

    waiting_by_queue_status: dict[tuple[str, str], int]
    oldest_by_queue_status: dict[tuple[str, str], float]
    running_by_queue_kind: dict[tuple[str, str], int]
    lease_age_by_queue_kind: dict[tuple[str, str], float]
    parked_by_queue_kind: dict[tuple[str, str], int]
    ended_by_kind_status: dict[tuple[str, str], int]
    failures_by_kind_code: dict[tuple[str, str], int]
    attempts_by_kind_outcome: dict[tuple[str, str], int]
    attempt_failures_by_kind_code: dict[tuple[str, str], int]
    durations_by_kind: dict[str, Durations]

    @property
    def reaped(self) -> int:
        """Attempts that the reaper took from workers that had gone silent."""
        return sum(
            n for (_, outcome), n in self.attempts_by_kind_outcome.items() if outcome == "lost"
        )


def figures() -> Figures:
    """Read them all."""
    waiting = _rows(WAITING)
    running = _rows(RUNNING, {"lease": settings.JOB_LEASE_SECONDS})
    ended, attempts = _rows(ENDED, BOUNDS), _rows(ATTEMPTS)
    return Figures(
        waiting_by_queue_status={(queue, status): n for queue, status, n, _ in waiting},
        oldest_by_queue_status={(queue, status): float(age) for queue, status, _, age in waiting},
        running_by_queue_kind={(queue, kind): n for queue, kind, n, _ in running},
        lease_age_by_queue_kind={(queue, kind): float(age) for queue, kind, _, age in running},
        parked_by_queue_kind=_summed(_rows(PARKED)),
        ended_by_kind_status=_summed((kind, status, n) for kind, status, _, _, n, _ in ended),
        failures_by_kind_code=_summed(
            (kind, code, n) for kind, status, code, _, n, _ in ended if status == "failed"
        ),
        attempts_by_kind_outcome=_summed((kind, outcome, n) for kind, outcome, _, n in attempts),
        attempt_failures_by_kind_code=_summed(
            (kind, code, n) for kind, _, code, n in attempts if code
        ),
        durations_by_kind=_durations(ended),
    )


def _durations(ended: list[tuple[Any, ...]]) -> dict[str, Durations]:
    found: dict[str, Durations] = {}
    for kind, _, _, bucket, count, seconds in ended:
        if bucket is None:
            continue
        before = found.get(kind, Durations())
        buckets = list(before.buckets)
        buckets[bucket] += count
        found[kind] = Durations(before.count + count, before.total_seconds + seconds, buckets)
    return found


def _summed(rows: Any) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for first, second, count in rows:
        sums[first, second] = sums.get((first, second), 0) + count
    return sums


def _rows(sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
