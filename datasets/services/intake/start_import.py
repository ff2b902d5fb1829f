"""Take an archive in and start the job that reads it."""

import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.quotas import Quota
from accounts.services import audit
from accounts.services.quotas import require_room, take
from common import storage
from common.errors import NotFound
from common.hashing import sha256_file
from datasets import kinds
from datasets.archive.inspection import inspect
from datasets.archive.names import printable_label
from datasets.archive.reader import opened
from datasets.limits import archive_limits, too_large
from datasets.models import Dataset, Import, Upload
from datasets.policies import require_editable
from datasets.services.intake.uploads import take_upload
from jobs.services.enqueue import enqueue


class Choice(NamedTuple):
    """What a person says about an import beforehand; an empty one is left to the archive."""

    duplicates: str
    layout: str
    encoding: str


def start_import(
    *,
    user: User,
    dataset: Dataset,
    archive: Iterable[bytes] | UploadedFile,
    archive_name: str,
    duplicates: str = "skip",
    layout: str = "",
    encoding: str = "",
) -> Import:
    """Keep the archive, look at its table of contents and start the import.

    `archive` is an upload or blocks of bytes; `archive_name` is a label; `duplicates` says what
    happens to content that already stands in the same split and class: skip or keep. `layout` and
    `encoding` say how it is to be read; without them the import asks where that is not clear.
    Raises `TooLarge`, `ArchiveRefused` (the sentence names the entry at fault), `InTrash`,
    `NotFound`, `Forbidden` or `QuotaExceeded`, and then leaves nothing behind.
    """
    _require_room(user, dataset)
    path = _keep(archive)
    try:
        digest = _inspected(path, encoding)
        with transaction.atomic():
            choice = Choice(duplicates, layout, encoding)
            return _insert(user, dataset, path, digest, archive_name, choice)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@transaction.atomic
def import_upload(
    *,
    user: User,
    dataset: Dataset,
    upload: Upload,
    duplicates: str = "skip",
    layout: str = "",
    encoding: str = "",
) -> Import:
    """Start the import of an archive that has come in by and by; its file is taken as it lies.

    Raises as `start_import` does, `NotFound` for another person's upload and `Conflict` when bytes
    are missing; the upload then stays.
    """
    _require_room(user, dataset)
    if upload.created_by_id != user.pk:
        raise NotFound("There is no such upload.")
    path = take_upload(upload=upload)
    choice = Choice(duplicates, layout, encoding)
    return _insert(user, dataset, path, _inspected(path, encoding), upload.name, choice)


def _require_room(user: User, dataset: Dataset) -> None:
    """Refuse before the archive is read; its images are counted when they are stored."""
    require_editable(user=user, dataset=dataset)
    quotas = (Quota.IMAGES, Quota.BYTES, Quota.JOBS)
    require_room(organization=dataset.organization, quotas=quotas)


def _inspected(path: Path, encoding: str) -> str:
    """Return the digest of an archive that keeps the rules; raises `ArchiveRefused`."""
    with opened(path) as data:
        inspect(data, archive_limits(), encoding)
    return sha256_file(path)


def _insert(
    user: User, dataset: Dataset, path: Path, digest: str, archive_name: str, choice: Choice
) -> Import:
    size = path.stat().st_size
    take(organization=dataset.organization, amounts={Quota.BYTES: size})
    name = printable_label(archive_name, "archive.zip")
    source = Import(
        dataset=dataset,
        archive_name=name,
        archive_sha256=digest,
        archive_bytes=size,
        upload=path.name,
        created_by=user,
        **choice._asdict(),
    )
    source.job = enqueue(
        kind=kinds.IMPORT_ARCHIVE,
        organization=dataset.organization,
        created_by=user,
        title=f"Import of {name} into {dataset.name}",
        payload={"dataset": str(dataset.pk), "import": str(source.pk)},
    )
    source.save()
    audit.record(actor=user, action="import.start", target=source, archive=name, sha256=digest)
    return source


def _keep(archive: Iterable[bytes] | UploadedFile) -> Path:
    limit = archive_limits().max_bytes
    if isinstance(archive, UploadedFile):
        if (archive.size or 0) > limit:
            raise too_large(limit)
        if isinstance(archive, TemporaryUploadedFile):
            # Django has it on the same disk already: a second name instead of a second copy.
            path = storage.root() / "uploads" / uuid.uuid4().hex
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(archive.temporary_file_path(), path)
            return path
        archive = archive.chunks()
    path, _ = storage.new_upload(_counted(archive, limit))
    return path


def _counted(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    received = 0
    for block in blocks:
        received += len(block)
        if received > limit:
            raise too_large(limit)
        yield block
