"""The figures that operators watch, counted in Postgres: right however many processes there are."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 14400, 86400)
WAITING = """
SELECT queue, status, count(*), extract(epoch FROM clock_timestamp() - min(created_at))
FROM jobs_job WHERE status IN ('pending', 'queued', 'retry_wait') GROUP BY 1, 2 ORDER BY 1, 2
"""
RUNNING = """
SELECT queue, kind, count(*),
       max(%(lease)s - extract(epoch FROM lease_until - clock_timestamp()))
FROM jobs_job WHERE status = 'running' GROUP BY 1, 2 ORDER BY 1, 2
"""
ENDED = """
SELECT kind, status, coalesce(error ->> 'code', ''), count(*)
FROM jobs_job WHERE status IN ('succeeded', 'failed', 'cancelled')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
ATTEMPTS = """
SELECT job.kind, attempt.outcome, coalesce(attempt.error ->> 'code', ''), count(*)
FROM jobs_jobattempt AS attempt JOIN jobs_job AS job ON job.id = attempt.job_id
WHERE attempt.outcome <> '' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
DURATIONS = """
SELECT kind, width_bucket(seconds, %(buckets)s), count(*), sum(seconds)
FROM (SELECT kind, extract(epoch FROM ended_at - started_at)::float AS seconds
      FROM jobs_job WHERE status = 'succeeded' AND started_at IS NOT NULL) AS ended
GROUP BY 1, 2 ORDER BY 1, 2
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
    """One reading. Keys of the mappings are in the order of their names' words."""

    waiting_by_queue_status: dict[tuple[str, str], int]
    oldest_by_queue_status: dict[tuple[str, str], float]
    running_by_queue_kind: dict[tuple[str, str], int]
    lease_age_by_queue_kind: dict[tuple[str, str], float]
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
    ended, attempts = _rows(ENDED), _rows(ATTEMPTS)
    return Figures(
        waiting_by_queue_status={(queue, status): n for queue, status, n, _ in waiting},
        oldest_by_queue_status={(queue, status): float(age) for queue, status, _, age in waiting},
        running_by_queue_kind={(queue, kind): n for queue, kind, n, _ in running},
        # A parked job runs without a lease.
        lease_age_by_queue_kind={
            (queue, kind): float(age) for queue, kind, _, age in running if age is not None
        },
        ended_by_kind_status=_summed((kind, status, n) for kind, status, _, n in ended),
        failures_by_kind_code=_summed(
            (kind, code, n) for kind, s, code, n in ended if s == "failed"
        ),
        attempts_by_kind_outcome=_summed((kind, outcome, n) for kind, outcome, _, n in attempts),
        attempt_failures_by_kind_code=_summed(
            (kind, code, n) for kind, _, code, n in attempts if code
        ),
        durations_by_kind=_durations(),
    )


def _durations() -> dict[str, Durations]:
    found: dict[str, Durations] = {}
    for kind, bucket, count, seconds in _rows(DURATIONS, {"buckets": list(map(float, BUCKETS))}):
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
