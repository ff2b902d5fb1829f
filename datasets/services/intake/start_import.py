"""Take an archive in and start the job that reads it."""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.quotas import Quota
from accounts.services import audit
from accounts.services.quotas import require_room, take
from datasets import kinds
from datasets.licences import Licence, changed_licence
from datasets.models import Dataset, Import, Upload
from datasets.policies import require_editable
from datasets.services.intake.keep_archive import (
    KeptArchive,
    drop_archive,
    keep_archive,
    keep_uploaded,
)
from jobs.services.enqueue import enqueue


class Choice(NamedTuple):
    """What a person says about an import beforehand; an empty one is left to the archive."""

    duplicates: str
    layout: str
    encoding: str
    asks: bool
    licence: str = ""
    licence_text: str = ""


def start_import(
    *,
    user: User,
    dataset: Dataset,
    archive: Iterable[bytes] | UploadedFile,
    archive_name: str,
    duplicates: str = "skip",
    layout: str = "",
    encoding: str = "",
    ask: bool = False,
    licence: str = "",
    licence_text: str = "",
) -> Import:
    """Keep the archive, look at its table of contents and start the import.

    `archive` is an upload or blocks of bytes; `archive_name` is a label; `duplicates` says what
    happens to content that already stands in the same split and class: skip or keep. `layout` and
    `encoding` say how it is to be read; without them the import asks where that is not clear, and
    with `ask` always, before anything is written.
    `licence` (`datasets.licences`) is that of its images; empty: the dataset's. Raises `Invalid`,
     `TooLarge`, `ArchiveRefused` (the sentence names the entry at fault), `InTrash`,
    `NotFound`, `Forbidden` or `QuotaExceeded`, and then leaves nothing behind.
    """
    _require_room(user, dataset)
    stated = _stated(licence, licence_text)
    kept = keep_archive(archive, archive_name, encoding)
    try:
        with transaction.atomic():
            return _insert(user, dataset, kept, Choice(duplicates, layout, encoding, ask, *stated))
    except BaseException:
        drop_archive(kept.key)
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
    ask: bool = False,
    licence: str = "",
    licence_text: str = "",
) -> Import:
    """Start the import of an archive that has come in by and by; its file is taken as it lies.

    Raises as `start_import` does, `NotFound` for another person's upload and `Conflict` when bytes
    are missing; the upload then stays.
    """
    _require_room(user, dataset)
    stated = _stated(licence, licence_text)
    kept = keep_uploaded(user, upload, encoding)
    return _insert(user, dataset, kept, Choice(duplicates, layout, encoding, ask, *stated))


def _stated(licence: str, licence_text: str) -> Licence:
    return changed_licence(Licence(), licence, licence_text or None)


def _require_room(user: User, dataset: Dataset) -> None:
    """Refuse before the archive is read; its images are counted when they are stored."""
    require_editable(user=user, dataset=dataset)
    quotas = (Quota.IMAGES, Quota.BYTES, Quota.JOBS)
    require_room(organization=dataset.organization, quotas=quotas)


def _insert(user: User, dataset: Dataset, archive: KeptArchive, choice: Choice) -> Import:
    take(organization=dataset.organization, amounts={Quota.BYTES: archive.bytes})
    source = Import(
        dataset=dataset,
        archive_name=archive.name,
        archive_sha256=archive.sha256,
        archive_bytes=archive.bytes,
        upload=archive.key,
        created_by=user,
        **choice._asdict(),
    )
    source.job = enqueue(
        kind=kinds.IMPORT_ARCHIVE,
        organization=dataset.organization,
        created_by=user,
        title=f"Import of {archive.name} into {dataset.name}",
        payload={"dataset": str(dataset.pk), "import": str(source.pk)},
    )
    source.save()
    audit.record(
        actor=user,
        action="import.start",
        target=source,
        archive=archive.name,
        sha256=archive.sha256,
    )
    return source
