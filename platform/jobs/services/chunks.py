"""Who has which chunk of some work at hand.

A chunk is its holder's for as long as that attempt of the holder runs. A worker that dies loses its
lease, the reaper ends its attempt, and whatever it held can be taken by the others: no lease of the
chunks' own is needed. `source` is the row whose work it is; its `chunks` are rows of a class that
`jobs.models.Chunk` is the base of.
"""

import uuid
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet

from jobs.kinds import Kind
from jobs.models import TERMINAL, Job, Status
from jobs.services.enqueue import enqueue
from jobs.services.withdraw import withdraw

# Who else can be had helps only while no other job waits, not even in the background: on the
# machine of the work itself what that one starts is worth more.
HELP_PRIORITY = -20
MOST_HELPERS = 7
_TAKE = """
UPDATE {table} SET holder_id = %(job)s, fence = %(fence)s
WHERE id = (
    SELECT chunk.id FROM {table} AS chunk
    WHERE chunk.source_id = %(source)s AND NOT chunk.done
      -- Not a join: of a row that has just been taken, only a subquery sees the new holder.
      AND NOT EXISTS (
          SELECT FROM jobs_job AS holder
          WHERE holder.id = chunk.holder_id AND holder.fence = chunk.fence
            AND holder.status = 'running')
    ORDER BY chunk.number LIMIT 1 FOR UPDATE OF chunk SKIP LOCKED)
RETURNING number
"""


class Standing(NamedTuple):
    """How far the work is: the finished chunks, how many there are, whether others are at work."""

    done: set[int]
    total: int
    has_help: bool


def take_chunk(*, source: Any, job: Job) -> int | None:
    """Give the attempt of `job` the next chunk without a holder; None: there is none.

    An attempt with several threads holds what each of them has taken.
    """
    values: dict[str, uuid.UUID | int] = {
        "job": job.pk,
        "fence": job.fence,
        "source": source.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(table=source.chunks.model._meta.db_table), values)
        row = cursor.fetchone()
    return row[0] if row else None


def end_chunk(*, source: Any, job: Job, number: int) -> bool:
    """Note that a chunk is finished; False when it is another's by now."""
    held = source.chunks.filter(number=number, holder=job, fence=job.fence, done=False)
    return bool(held.update(done=True))


def standing(*, source: Any, job: Job) -> Standing:
    """Return how far the work is, as `job` sees it."""
    rows = list(source.chunks.values_list("number", "done"))
    helped = source.chunks.filter(
        done=False, holder__status=Status.RUNNING, holder__fence=F("fence")
    ).exclude(holder=job)
    return Standing({number for number, done in rows if done}, len(rows), helped.exists())


def ask_for_help(*, kind: Kind, leader: Job, title: str, key: str, source: Any, most: int) -> None:
    """Have up to `most` jobs of `kind` take chunks too, whenever a worker has nothing else to do.

    `leader` is the job whose work it is; `key` names the source in the payload of the others.
    """
    alive = helpers_of(kind=kind, key=key, source=source).exclude(status__in=TERMINAL).count()
    for _ in range(min(most, MOST_HELPERS) - alive):
        enqueue(
            kind=kind,
            organization=leader.organization,
            created_by=leader.created_by,
            title=title,
            payload={key: str(source.pk)},
            priority=HELP_PRIORITY,
        )


def end_help(*, kind: Kind, key: str, source: Any) -> None:
    """Withdraw the help that has not come yet."""
    withdraw(jobs=helpers_of(kind=kind, key=key, source=source))


def helpers_of(*, kind: Kind, key: str, source: Any) -> QuerySet[Job]:
    """Return the jobs that were asked for help with a source."""
    return Job.objects.filter(kind=kind.name, **{f"payload__{key}": str(source.pk)})


def is_wanted(*, leader: Job | None, helper: Job) -> bool:
    """Whether the work of `leader` still runs, and nothing else waits for the worker that helps it.

    As many helpers go as jobs wait.
    """
    if leader is None or leader.is_terminal or leader.cancel_requested_at:
        return False
    waiting = Job.objects.filter(
        queue=leader.queue, status=Status.QUEUED, priority__gt=HELP_PRIORITY
    )
    helpers = Job.objects.filter(kind=helper.kind, status=Status.RUNNING, pk__lt=helper.pk)
    return waiting.count() <= helpers.count()
