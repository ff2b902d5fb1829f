"""What a batch asks for while it runs, and what is left of it when it has ended or is deleted."""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.batches import kinds
from classifier.batches.selectors.batches import stored_bytes
from classifier.batches.selectors.limits import A_DAY
from classifier.batches.services.locked import locked_batch
from classifier.models import (
    BatchAddition,
    BatchChunk,
    BatchPrediction,
    BatchResult,
    ReviewSelection,
)
from common.errors import Conflict
from datasets.services.intake.adopt_files import discard_files
from datasets.services.intake.keep_archive import drop_archive
from jobs.models import TERMINAL, Job
from jobs.services import chunks
from jobs.services.forget import forget

# Below, other workers would not have begun before the batch is through.
HELP_FROM_IMAGES = 2048
CHUNKS_PER_HELPER = 32
# Batches of one chore's turn; results of a portion, and portions at a time.
_AT_ONCE, _PORTION, _PORTIONS = 20, 2_000, 10
_KEY = "batch"


def ask_for_help(*, batch: BatchPrediction) -> None:
    """Have other jobs ask about chunks too, whenever a worker has nothing else to do."""
    left = batch.chunks.filter(done=False).count()
    if batch.image_count >= HELP_FROM_IMAGES:
        chunks.ask_for_help(
            kind=kinds.HELP_BATCH,
            leader=batch.job,
            title=f"Help with {batch.job.title}",
            key=_KEY,
            source=batch,
            most=left // CHUNKS_PER_HELPER,
        )


def close_batch(*, batch: BatchPrediction) -> dict[str, Any]:
    """Note what a finished batch keeps, in the transaction that ends its job; return the counts.

    Raises `ValueError` where a result is missing: then nothing has ended.
    """
    # First: who forgets an image counts it before its result goes.
    current = BatchPrediction.objects.select_for_update().get(pk=batch.pk)
    rows = BatchResult.objects.filter(batch=batch)
    found, errors = rows.count(), rows.exclude(code="").count()
    if found + current.forgotten_count != current.image_count:
        raise ValueError(f"{found} of {current.image_count} images have a result")
    chunks.end_help(kind=kinds.HELP_BATCH, key=_KEY, source=batch)
    batch.chunks.all().delete()
    current.kept_bytes = stored_bytes(current)
    current.save(update_fields=["kept_bytes"])
    return {"images": found, "answered": found - errors, "errors": errors}


def tidy_batch(*, batch: BatchPrediction) -> None:
    """Remove what a batch whose job has ended needs no longer; its results stay. Safe to repeat."""
    if batch.upload:
        drop_archive(batch.upload)
    chunks.end_help(kind=kinds.HELP_BATCH, key=_KEY, source=batch)
    left = batch.chunks.filter(done=False, contents__isnull=False).values_list(
        "contents", flat=True
    )
    contents = {sha256 for each in left for sha256 in each or ()}
    with transaction.atomic():
        batch.chunks.all().delete()
        BatchPrediction.objects.filter(pk=batch.pk).update(
            upload="", kept_bytes=stored_bytes(batch)
        )
    discard_files(contents)


def delete_batch(*, user: User, batch: BatchPrediction) -> None:
    """Delete a batch that has ended: its results, and the images of its archive.

    What was put into a dataset stays there. Raises `NotFound`, `Forbidden` below editor, and
    `Conflict` (`under_way`) while it, an addition of its answers, or a selection of them for
    review runs.
    """
    require_role(user=user, organization=batch.organization, role=Role.EDITOR)
    with transaction.atomic():
        locked = locked_batch(batch)
        if _under_way(locked):
            raise Conflict(
                "This batch is under way, or its answers are on their way into a dataset or to "
                "review. Cancel that first, or wait until it has ended.",
                code="under_way",
            )
        audit.record(
            actor=user,
            action="batch_prediction.delete",
            target=locked,
            source=locked.source,
            images=locked.image_count,
        )
        _hide(locked)


def sweep_batches() -> None:
    """Delete batches whose days are over, and what deleted ones had, in portions; a chore.

    One that is under way waits for its end. The row of a deleted one stays until its images count
    no longer among those of the day.
    """
    open_jobs = Job.objects.exclude(status__in=TERMINAL)
    selections = ReviewSelection.objects.filter(job__in=open_jobs, batch__isnull=False)
    due = BatchPrediction.objects.filter(expires_at__lt=Now(), deleted_at=None).exclude(
        Q(job__in=open_jobs)
        | Q(additions__job__in=open_jobs)
        | Q(pk__in=selections.values("batch"))
    )
    for pk in due.order_by("expires_at").values_list("pk", flat=True)[:_AT_ONCE]:
        with transaction.atomic():
            rows = BatchPrediction.objects.select_for_update(of=("self",), skip_locked=True)
            locked = rows.filter(pk=pk, deleted_at=None).first()
            if locked is not None and not _under_way(locked):
                audit.record(
                    actor=None,
                    action="batch_prediction.expire",
                    target=locked,
                    images=locked.image_count,
                )
                _hide(locked)
    left = BatchPrediction.objects.filter(deleted_at__isnull=False).filter(
        Q(results__isnull=False)
        | Q(chunks__isnull=False)
        | Q(created_at__lt=timezone.now() - A_DAY)
    )
    for pk in left.order_by("deleted_at").values_list("pk", flat=True).distinct()[:_AT_ONCE]:
        _clear(pk)


def remove_of_versions(version_ids: Sequence[uuid.UUID]) -> None:
    """Delete the batches of versions that go, in the caller's transaction."""
    for batch in BatchPrediction.objects.filter(model_version__in=version_ids):
        contents, upload = _contents_of(batch), batch.upload
        lineages = _drop_rows(batch)
        batch.delete()
        forget(lineages=lineages)
        transaction.on_commit(partial(discard_files, contents), robust=True)
        if upload:
            transaction.on_commit(partial(drop_archive, upload), robust=True)


def _hide(batch: BatchPrediction) -> None:
    """Let a batch be gone for people, in the caller's transaction; `_clear` does the rest."""
    batch.deleted_at, batch.kept_bytes = timezone.now(), 0
    batch.save(update_fields=["deleted_at", "kept_bytes"])
    transaction.on_commit(partial(_clear_first, batch.pk), robust=True)


def _clear_first(batch_id: uuid.UUID) -> None:
    """Clear a small batch at once; a large one is the chore's."""
    if BatchResult.objects.filter(batch=batch_id)[:_PORTION].count() < _PORTION:
        _clear(batch_id)


def _clear(batch_id: uuid.UUID) -> None:
    """Delete what a deleted batch has in portions; which files are about to go is written down.

    A process that is killed meanwhile leaves it to `sweep_batches`.
    """
    batch = BatchPrediction.objects.filter(pk=batch_id, deleted_at__isnull=False).first()
    if batch is None:
        return
    for _ in range(_PORTIONS):
        if not _clear_portion(batch):
            break
    else:
        return
    if batch.upload:
        drop_archive(batch.upload)
        BatchPrediction.objects.filter(pk=batch_id).update(upload="")
    if batch.created_at < timezone.now() - A_DAY:
        with transaction.atomic():
            lineages = _drop_rows(batch)
            batch.delete()
            forget(lineages=lineages)


def _clear_portion(batch: BatchPrediction) -> bool:
    """Delete some results, then the files that nothing needs any longer; False: none is left."""
    with transaction.atomic():
        rows = BatchResult.objects.filter(batch=batch).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:_PORTION])
        some = BatchResult.objects.filter(pk__in=ids)
        contents = set(some.filter(file__isnull=False).values_list("sha256", flat=True))
        for left in batch.chunks.values_list("contents", flat=True):
            contents.update(left or ())
        batch.chunks.all().delete()
        if contents:
            noted = sorted(contents)
            BatchChunk.objects.create(source=batch, number=0, size=0, items=[], contents=noted)
        some.delete()
    discard_files(contents)
    batch.chunks.all().delete()
    return bool(ids)


def _contents_of(batch: BatchPrediction) -> list[str]:
    rows = BatchResult.objects.filter(batch=batch, file__isnull=False).order_by()
    contents = set(rows.values_list("sha256", flat=True))
    for left in batch.chunks.values_list("contents", flat=True):
        contents.update(left or ())
    return sorted(contents)


def _drop_rows(batch: BatchPrediction) -> set[uuid.UUID]:
    """Delete all rows below a batch; return the lineages of its jobs."""
    lineages = {batch.job.lineage}
    for model in (BatchAddition, ReviewSelection):
        made = model.objects.filter(batch=batch)
        lineages.update(made.values_list("job__lineage", flat=True))
        made.delete()
    BatchResult.objects.filter(batch=batch).delete()
    batch.chunks.all().delete()
    return lineages


def _under_way(batch: BatchPrediction) -> bool:
    jobs = Job.objects.filter(
        Q(batch_prediction=batch)
        | Q(batch_addition__batch=batch)
        | Q(review_selection__batch=batch)
    )
    return jobs.exclude(status__in=TERMINAL).exists()
