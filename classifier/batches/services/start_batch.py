"""Settle which images a model version is asked about, and queue the work."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.quotas import Quota
from accounts.services import audit
from accounts.services.quotas import require_room, take
from classifier.batches import kinds
from classifier.batches.errors import CannotPredict
from classifier.batches.services.requirements import (
    organization_for,
    require_answering,
    require_filters,
    require_size,
    those_named,
)
from classifier.batches.services.store_results import store_faults
from classifier.models import BatchChunk, BatchPrediction, BatchSource, ModelVersion
from common.copy_rows import copy_rows
from common.errors import Invalid
from datasets.models import Dataset, DatasetVersion, Sample, Split, Upload
from datasets.policies import require_alive
from datasets.selectors.gallery import Filters, matching_images
from datasets.services.intake.archive_files import ArchiveFiles, files_of
from datasets.services.intake.keep_archive import (
    KeptArchive,
    drop_archive,
    keep_archive,
    keep_uploaded,
)
from jobs.services.enqueue import enqueue

# A turn of a minute is long enough for several, also where it has a tenth of a processor.
CHUNK_IMAGES = 64
# However few images there are, several threads shall find something to do.
_LEAST_CHUNKS = 8
# It lets people's other jobs pass, in its queue and at the processors.
PRIORITY = -1


def start_on_archive(
    *,
    user: User,
    version: ModelVersion,
    archive: Iterable[bytes] | UploadedFile,
    archive_name: str,
    top_k: int = 5,
    encoding: str = "",
) -> BatchPrediction:
    """Keep an archive and ask about each of its files, whatever its folders.

    `encoding` is the code page of names that do not say theirs; without it the likeliest is taken,
    which `selection` says.

    Raises as the other functions here do, `TooLarge` and `ArchiveRefused`, and then leaves nothing.
    """
    require_answering(version)
    with transaction.atomic():
        organization = organization_for(user, version)
    require_room(organization=organization, quotas=(Quota.BYTES, Quota.JOBS))
    kept = keep_archive(archive, archive_name, encoding)
    try:
        return _of_archive(user, version, kept, top_k)
    except BaseException:
        drop_archive(kept.key)
        raise


@transaction.atomic
def start_on_upload(
    *, user: User, version: ModelVersion, upload: Upload, top_k: int = 5, encoding: str = ""
) -> BatchPrediction:
    """Do the same with an archive uploaded in parts; if it is refused, the upload stays."""
    require_answering(version)
    return _of_archive(user, version, keep_uploaded(user, upload, encoding), top_k)


@transaction.atomic
def start_on_version(
    *,
    user: User,
    version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split | None = None,
    top_k: int = 5,
) -> BatchPrediction:
    """Ask about the samples of a dataset version, of one split or of all.

    Raises `NotFound`, `Forbidden` below editor, `InTrash`, `CannotPredict` (`no_images`, `no_file`,
    `other_organization`), `Conflict` (`too_many_open`), `Invalid` for too many images,
    `QuotaExceeded`.
    """
    require_answering(version)
    dataset = dataset_version.dataset
    organization = organization_for(user, version, dataset.subject)
    require_alive(dataset=dataset)
    samples = Sample.objects.kept().filter(version=dataset_version)
    if split is not None:
        samples = samples.filter(split=split)
    rows = samples.order_by("id").values_list("image_id", "name", "sha256")
    batch = _new(user, organization, version, BatchSource.DATASET_VERSION, top_k)
    batch.dataset, batch.dataset_version = dataset, dataset_version
    batch.source_name = f"{dataset.name} version {dataset_version.number}"[:255]
    batch.selection = {"split": split.label} if split is not None else {}
    return _queue(user, batch, iter(rows[: settings.BATCH_MAX_IMAGES + 1]))


@transaction.atomic
def start_on_dataset(
    *,
    user: User,
    version: ModelVersion,
    dataset: Dataset,
    filters: Filters | None = None,
    images: Sequence[uuid.UUID] | None = None,
    top_k: int = 5,
) -> BatchPrediction:
    """Ask about images of a dataset: those that match the gallery's filters, or those named.

    What is in the trash is left out. Raises as `start_on_version` does, `Forbidden` for filters
    that are for members alone, and `Invalid` for an image that is not there.
    """
    require_answering(version)
    organization = organization_for(user, version, dataset.subject)
    require_alive(dataset=dataset)
    filters = filters or Filters()
    if images is not None and filters.any:
        raise Invalid(
            "Name images, or filter the dataset, not both: images that do not match would be left "
            "out without a word.",
            code="both_given",
        )
    require_filters(dataset, organization, filters)
    found = matching_images(dataset, filters).order_by("created_at", "id")
    if images is not None:
        found = found.filter(pk__in=those_named(dataset, images))
    rows = found.values_list("id", "name", "sha256")
    batch = _new(user, organization, version, BatchSource.DATASET, top_k)
    batch.dataset, batch.source_name = dataset, dataset.name[:255]
    batch.selection = {"filter": filters.values} if filters.any else {}
    if images is not None:
        batch.selection["images"] = len(set(images))
    return _queue(user, batch, iter(rows[: settings.BATCH_MAX_IMAGES + 1]))


@transaction.atomic
def _of_archive(
    user: User, version: ModelVersion, kept: KeptArchive, top_k: int
) -> BatchPrediction:
    organization = organization_for(user, version)
    files = files_of(kept.inspected)
    if not files.tried:
        raise CannotPredict(
            f"“{kept.name}” holds no file that may be an image: "
            f"{files.not_tried[0].name}: {files.not_tried[0].detail}"
            if files.not_tried
            else f"“{kept.name}” holds no file that may be an image.",
            code="no_images",
        )
    batch = _new(user, organization, version, BatchSource.ARCHIVE, top_k)
    batch.source_name, batch.upload = kept.name[:255], kept.key
    batch.archive_sha256, batch.skipped_count = kept.sha256, files.skipped
    if kept.inspected.encoding:
        batch.selection = {"encoding": kept.inspected.encoding}
    batch.kept_bytes = kept.bytes + files.expanded_bytes
    take(organization=organization, amounts={Quota.BYTES: batch.kept_bytes})
    return _queue(user, batch, iter(files.tried), files)


def _new(
    user: User, organization: Organization, version: ModelVersion, source: BatchSource, top_k: int
) -> BatchPrediction:
    return BatchPrediction(
        organization=organization,
        model_version=version,
        source=source,
        rule=_rule_of(version),
        top_k=top_k,
        expires_at=timezone.now() + timedelta(days=settings.BATCH_KEEP_DAYS),
        created_by=user,
    )


def _rule_of(version: ModelVersion) -> dict[str, Any] | None:
    """Return the decision as it is now: answers of one batch are not decided by two rules."""
    decision = getattr(version, "decision", None)
    if decision is None or not decision.rule_name:
        return None
    decision.refresh_from_db(fields=["rule", "rule_name", "references"])
    vectors = decision.references["sha256"] if decision.references else ""
    return {"name": decision.rule_name, "content": decision.rule, "vectors": vectors}


def _queue(
    user: User,
    batch: BatchPrediction,
    items: Iterator[Any],
    files: ArchiveFiles | None = None,
) -> BatchPrediction:
    """Save the batch, its job and its chunks; `items` are what `BatchChunk.items` has after the
    index."""
    taken = list(islice(items, settings.BATCH_MAX_IMAGES + 1))
    faults = files.not_tried if files else []
    batch.image_count = len(taken) + len(faults)
    require_size(batch)
    batch.job = enqueue(
        kind=kinds.BATCH,
        organization=batch.organization,
        created_by=user,
        title=f"{batch.image_count:,} images of {batch.source_name} by {batch.model_version}",
        payload={"batch": str(batch.pk)},
        priority=PRIORITY,
    )
    batch.save()
    size = max(1, min(CHUNK_IMAGES, -(-len(taken) // _LEAST_CHUNKS)))
    parts = (_numbered(taken, start, size) for start in range(0, len(taken), size))
    chunks = ((batch.pk, number, 0, False, len(part), part) for number, part in enumerate(parts))
    copy_rows(BatchChunk, ("source_id", "number", "fence", "done", "size", "items"), chunks)
    store_faults(batch=batch, faults=faults, first=len(taken))
    audit.record(
        actor=user,
        action="batch_prediction.start",
        target=batch,
        model_version=str(batch.model_version_id),
        source=batch.source,
        images=batch.image_count,
    )
    return batch


def _numbered(items: Sequence[Sequence[Any]], start: int, size: int) -> list[list[Any]]:
    part = items[start : start + size]
    return [[index, *map(_plain, item)] for index, item in enumerate(part, start)]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value
