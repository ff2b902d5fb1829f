"""Keep what was answered: each image once, however often and by how many it is asked about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from classifier.engine.target import ImageAnswer
from classifier.models import BatchChunk, BatchPrediction, BatchResult
from common.copy_rows import copy_rows
from datasets.models import Forgetting
from datasets.services.intake.add_images import NewImage
from datasets.services.intake.adopt_files import adopt_files
from datasets.services.intake.archive_files import NotAsked
from jobs.models import Job
from jobs.services.chunks import end_chunk

_COLUMNS = (
    "batch_id", "index", "name", "image_id", "sha256", "file", "class_name", "probability",
    "decision", "answer", "code", "detail",
)  # fmt: skip
_MAX_DETAIL = BatchResult._meta.get_field("detail").max_length or 255


IMAGE_GONE = ("image_gone", "The image was deleted for ever while the batch was under way.")


class FilesGone(Exception):
    """Files that were decoded are no longer where they were: the chunk has to be done again."""


@dataclass(kw_only=True)
class Answered:
    """One image of a batch: an answer, or `code` and `detail` of what is wrong with its file.

    `file` is {width, height, format, bytes, thumbnail_bytes} of one that came in an archive.
    """

    index: int
    name: str
    sha256: str = ""
    image_id: str | None = None
    file: dict[str, Any] | None = None
    answer: ImageAnswer | None = None
    code: str = ""
    detail: str = ""

    def row_of(self, batch: BatchPrediction) -> tuple[Any, ...]:
        """Return the values of `_COLUMNS`."""
        best = self.answer.classes[0] if self.answer else None
        return (
            batch.pk, self.index, self.name, self.image_id, self.sha256,
            self.file, best.class_name if best else "", best.probability if best else None,
            (self.answer.decision or "") if self.answer else "",
            self.answer.to_json() if self.answer else None, self.code, self.detail[:_MAX_DETAIL],
        )  # fmt: skip


def store_chunk(
    *,
    batch: BatchPrediction,
    job: Job,
    number: int,
    results: Sequence[Answered],
    staging: Path,
) -> bool:
    """Insert the results of a chunk and end it, in one transaction; False when it is another's.

    Files of an archive that lie in `staging` are stored in the same transaction. Raises
    `FilesGone` where one of them is not there: then nothing is stored.
    """
    files = [_stored(each) for each in results if each.file is not None]
    if files:
        # A process that is killed between here and the commit leaves files without rows.
        _note_contents(batch, job, number, {each.sha256 for each in files})
    with transaction.atomic():
        if not end_chunk(source=batch, job=job, number=number):
            return False
        BatchChunk.objects.filter(source=batch, number=number).update(items=[], contents=None)
        kept = _still_there(batch, results)
        copy_rows(BatchResult, _COLUMNS, [each.row_of(batch) for each in kept])
        files = [_stored(each) for each in kept if each.file is not None]
        if files and adopt_files([staging], files):
            raise FilesGone
    return True


def store_faults(*, batch: BatchPrediction, faults: Iterable[NotAsked], first: int) -> None:
    """Insert results of files that no model is asked about, from index `first` on."""
    results = [
        Answered(index=index, name=each.name, code=each.code, detail=each.detail)
        for index, each in enumerate(faults, first)
    ]
    copy_rows(BatchResult, _COLUMNS, [each.row_of(batch) for each in results])


def _still_there(batch: BatchPrediction, results: Sequence[Answered]) -> list[Answered]:
    """Return what may be kept of images that went while the batch was under way.

    Those that were forgotten leave nothing but their count; of those that were deleted for ever,
    the result says so. The others stay to the end of the transaction.
    """
    forgotten = set(
        Forgetting.objects.filter(
            organization=batch.organization_id,
            created_at__gte=batch.created_at,
            sha256__in={each.sha256 for each in results if each.sha256},
        ).values_list("sha256", flat=True)
    )
    ids = [each.image_id for each in results if each.image_id]
    there = _held_images(ids) if ids else {}
    kept = []
    for each in results:
        if each.sha256 in forgotten or there.get(each.image_id or "") is True:
            continue
        if each.image_id and each.image_id not in there:
            each.image_id, each.sha256, each.name, each.answer = None, "", "", None
            each.code, each.detail = IMAGE_GONE
        kept.append(each)
    if len(kept) < len(results):
        BatchPrediction.objects.filter(pk=batch.pk).update(
            forgotten_count=F("forgotten_count") + len(results) - len(kept)
        )
    return kept


def _held_images(ids: Sequence[str]) -> dict[str, bool]:
    """Keep rows of images from being deleted; return of each that is there if it was forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, forgetting_id IS NOT NULL FROM datasets_image WHERE id = ANY(%s::uuid[]) "
            "ORDER BY id FOR KEY SHARE",
            [list(ids)],
        )
        return {str(image_id): forgotten for image_id, forgotten in cursor.fetchall()}


def _note_contents(batch: BatchPrediction, job: Job, number: int, contents: set[str]) -> None:
    held = BatchChunk.objects.filter(
        source=batch, number=number, holder=job, fence=job.fence, done=False
    )
    held.update(contents=sorted(contents))


def _stored(result: Answered) -> NewImage:
    return NewImage(name=result.name, sha256=result.sha256, **(result.file or {}))
