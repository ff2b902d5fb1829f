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

from accounts.errors import QuotaExceeded
from accounts.models import Organization, User
from accounts.quotas import Quota
from accounts.selectors.sharing import acting_organization
from accounts.services import audit
from accounts.services.quotas import require_room, take
from accounts.sharing import Subject
from classifier.batches import kinds
from classifier.batches.errors import CannotPredict
from classifier.batches.selectors.limits import images_today
from classifier.batches.services.store_results import store_faults
from classifier.models import BatchChunk, BatchPrediction, BatchSource, ModelVersion
from common.copy_rows import copy_rows
from common.errors import Forbidden, Invalid, NotFound
from common.sentences import listed
from datasets.models import Dataset, DatasetVersion, Image, Sample, Split, Upload
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

CHUNK_IMAGES = 256
# Of images that are named one by one.
MOST_NAMED = 10_000
# However few images there are, several threads shall find something to do.
_LEAST_CHUNKS = 8
# It lets people's other jobs pass, in its queue and at the processors.
PRIORITY = -1
# Readers of a shared dataset would learn by them who labelled what.
_OF_MEMBERS = ("suggested_class", "excluded", "issue", "labelled_by", "came_with_class")


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
    _require_answering(version)
    with transaction.atomic():
        organization = _organization_for(user, version)
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
    """Do the same with an archive that has come in by and by; where it is refused, it stays."""
    _require_answering(version)
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
    _require_answering(version)
    dataset = dataset_version.dataset
    organization = _organization_for(user, version, dataset.subject)
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
    _require_answering(version)
    organization = _organization_for(user, version, dataset.subject)
    require_alive(dataset=dataset)
    filters = filters or Filters()
    if images is not None and filters.any:
        raise Invalid(
            "Name images, or filter the dataset, not both: images that do not match would be left "
            "out without a word.",
            code="both_given",
        )
    _require_filters(dataset, organization, filters)
    found = matching_images(dataset, filters).order_by("created_at", "id")
    if images is not None:
        found = found.filter(pk__in=_named(dataset, images))
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
    organization = _organization_for(user, version)
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
    _require_size(batch)
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


def _require_size(batch: BatchPrediction) -> None:
    """Raise where there are no images, or too many for one batch or for a day."""
    if batch.image_count == 0:
        raise CannotPredict(
            f"No image of {batch.source_name} matches: there is nothing to ask about.",
            code="no_images",
        )
    most = settings.BATCH_MAX_IMAGES
    if batch.image_count > most:
        raise Invalid(
            f"A batch may have {most:,} images; {batch.source_name} has more. Choose a part of "
            "them.",
            code="too_many_images",
        )
    # Others who start one at this moment wait here.
    organization = Organization.objects.select_for_update(no_key=True).get(pk=batch.organization_id)
    used, allowed = images_today(organization), settings.BATCH_IMAGES_A_DAY
    if used + batch.image_count > allowed:
        raise QuotaExceeded(
            f"{organization.name} may begin {allowed:,} images of batches in 24 hours; it has "
            f"begun {used:,}, and this would be {batch.image_count:,} more.",
            hint="Wait, or ask the operator of this Loupe for more.",
        )


def _require_answering(version: ModelVersion) -> None:
    """Raise where the version has no file that answers; a built-in one makes its own."""
    if version.served_file is None and not version.model.built_in:
        raise CannotPredict(
            f"{version} has no file that answers, so it cannot be asked. Choose another version.",
            code="no_file",
        )


def _organization_for(user: User, version: ModelVersion, *of_images: Subject) -> Organization:
    """Return the organization of the user's that may read all: its batch it is."""
    model = version.model.subject
    subjects = [*of_images, *([model] if model.organization or not of_images else [])]
    try:
        return acting_organization(user, subjects)
    except NotFound:
        for subject in subjects:
            acting_organization(user, [subject])
        raise CannotPredict(
            "The model and the images must belong to the same organization, or be shared with it.",
            code="other_organization",
        ) from None


def _require_filters(dataset: Dataset, organization: Organization, filters: Filters) -> None:
    if filters.trash:
        raise Invalid("Images in the trash are not asked about. Restore them first.")
    asked = [name for name in _OF_MEMBERS if name in filters.values]
    if asked and dataset.organization_id != organization.pk:
        raise Forbidden(
            f"{listed(asked)}: only members of the organization that shares this dataset may "
            "filter by that.",
            code="shared_read_only",
        )


def _named(dataset: Dataset, images: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    wanted = set(images)
    if len(wanted) > MOST_NAMED:
        raise Invalid(
            f"Up to {MOST_NAMED:,} images may be named; received {len(wanted):,}. Filter the "
            "dataset instead.",
            code="too_many_images",
        )
    there = Image.objects.alive().filter(dataset=dataset, pk__in=wanted)
    missing = wanted - set(there.values_list("pk", flat=True))
    if missing:
        raise Invalid(
            f"{len(missing):,} of the images are not in {dataset.name}, or in its trash: "
            f"{listed(sorted(map(str, missing)), most=3)}."
        )
    return list(wanted)
