"""Who decodes which chunk of an import.

A chunk is its holder's for as long as that attempt of the holder runs. A worker that dies loses its
lease, the reaper ends its attempt, and whatever it held can be taken by the others: no lease of the
chunks' own is needed.
"""

import uuid
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, QuerySet

from datasets import kinds
from datasets.models import Import, ImportChunk
from jobs.models import TERMINAL, Job, Status
from jobs.services.enqueue import enqueue
from jobs.services.withdraw import withdraw

# Who else can be had helps only while no other job waits, not even in the background: on the
# machine of the import itself the embedding of its images is worth more.
HELP_PRIORITY = -20
MOST_HELPERS = 7
_TAKE = """
UPDATE datasets_importchunk SET holder_id = %(job)s, fence = %(fence)s
WHERE id = (
    SELECT chunk.id FROM datasets_importchunk AS chunk
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
    """How far an import is: the finished chunks, how many there are, whether others are at work."""

    done: set[int]
    total: int
    has_help: bool


@transaction.atomic
def lay_out_chunks(*, source: Import, whole: list[bool]) -> None:
    """Make a row for every chunk; `whole` says of each whether its answers are there already."""
    known = dict(source.chunks.values_list("number", "done"))
    if known != dict(enumerate(whole)):
        source.chunks.all().delete()
        ImportChunk.objects.bulk_create(
            ImportChunk(source=source, number=number, done=done)
            for number, done in enumerate(whole)
        )


def ask_for_help(*, source: Import, helpers: int) -> None:
    """Have up to `helpers` jobs decode chunks too, whenever a worker has nothing else to do."""
    alive = _helpers(source).exclude(status__in=TERMINAL).count()
    for _ in range(min(helpers, MOST_HELPERS) - alive):
        enqueue(
            kind=kinds.HELP_IMPORT,
            organization=source.dataset.organization,
            created_by=source.created_by,
            title=f"Help with the import of {source.archive_name}",
            payload={"import": str(source.pk)},
            priority=HELP_PRIORITY,
        )


def end_chunks(*, source: Import) -> None:
    """Forget the chunks of an import that has ended, and the help that has not come yet."""
    withdraw(jobs=_helpers(source))
    source.chunks.all().delete()


def take_chunk(*, source: Import, job: Job) -> int | None:
    """Give the attempt of `job` the next chunk without a holder; None: there is none."""
    values: dict[str, uuid.UUID | int] = {
        "job": job.pk,
        "fence": job.fence,
        "source": source.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
    return row[0] if row else None


def end_chunk(*, source: Import, job: Job, number: int) -> bool:
    """Note that a chunk is finished; False when it is another's by now."""
    held = ImportChunk.objects.filter(
        source=source, number=number, holder=job, fence=job.fence, done=False
    )
    return bool(held.update(done=True))


def standing(*, source: Import, job: Job) -> Standing:
    """Return how far the import is, as `job` sees it."""
    rows = list(source.chunks.values_list("number", "done"))
    helped = source.chunks.filter(
        done=False, holder__status=Status.RUNNING, holder__fence=F("fence")
    ).exclude(holder=job)
    return Standing({number for number, done in rows if done}, len(rows), helped.exists())


def is_wanted(*, source: Import, helper: Job) -> bool:
    """Whether an import still runs, and nothing else waits for the worker that helps it.

    As many helpers go as jobs wait.
    """
    job = Job.objects.filter(dataset_import=source).first()
    if job is None or job.is_terminal or job.cancel_requested_at:
        return False
    waiting = Job.objects.filter(queue=job.queue, status=Status.QUEUED, priority__gt=HELP_PRIORITY)
    helpers = Job.objects.filter(kind=helper.kind, status=Status.RUNNING, pk__lt=helper.pk)
    return waiting.count() <= helpers.count()


def _helpers(source: Import) -> QuerySet[Job]:
    return Job.objects.filter(kind=kinds.HELP_IMPORT.name, payload__import=str(source.pk))
