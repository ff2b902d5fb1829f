"""Keep an archive that a person sends, once its table of contents has been looked at."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from accounts.models import User
from common.errors import NotFound
from common.hashing import sha256_file
from datasets.archive.inspection import Inspected, inspect
from datasets.archive.names import printable_label
from datasets.archive.reader import opened
from datasets.limits import archive_limits, too_large
from datasets.models import Upload
from datasets.services.intake.uploads import take_upload
from storage import durable
from storage.atomic import link_or_copy, write_atomically
from storage.names import new_upload_key, upload_name


class KeptArchive(NamedTuple):
    """An archive that keeps the rules; it lies under `upload_name(key)`. `name` is a label."""

    key: str
    sha256: str
    bytes: int
    name: str
    inspected: Inspected


def keep_archive(
    archive: Iterable[bytes] | UploadedFile, name: str, encoding: str = ""
) -> KeptArchive:
    """Keep an upload or blocks of bytes.

    Raises `TooLarge` or `ArchiveRefused`, and then leaves nothing behind. If the rows that need it
    are not written after all, the caller calls `drop_archive`.
    """
    key = new_upload_key()
    try:
        _collect(archive, durable.collecting(upload_name(key)))
        return _kept(key, name, encoding)
    except BaseException:
        drop_archive(key)
        raise


def keep_uploaded(user: User, upload: Upload, encoding: str = "") -> KeptArchive:
    """Keep an upload of the user's as it lies, in the caller's transaction.

    Raises as `keep_archive` does, `NotFound` for another person's upload and `Conflict` when bytes
    are missing; after a rollback the upload is there as before.
    """
    if upload.created_by_id != user.pk:
        raise NotFound("There is no such upload.")
    return _kept(take_upload(upload=upload), upload.name, encoding)


def drop_archive(key: str) -> None:
    """Remove an archive that no row needs."""
    durable.delete(upload_name(key))


def _kept(key: str, name: str, encoding: str) -> KeptArchive:
    path = durable.collecting(upload_name(key))
    with opened(path) as data:
        inspected = inspect(data, archive_limits(), encoding)
    label = printable_label(name, "archive.zip")
    archive = KeptArchive(key, sha256_file(path), path.stat().st_size, label, inspected)
    durable.complete(upload_name(key))
    return archive


def _collect(archive: Iterable[bytes] | UploadedFile, path: Path) -> None:
    limit = archive_limits().max_bytes
    if isinstance(archive, UploadedFile):
        if (archive.size or 0) > limit:
            raise too_large(limit)
        if isinstance(archive, TemporaryUploadedFile):
            link_or_copy(Path(archive.temporary_file_path()), path)
            return
        archive = archive.chunks()
    write_atomically(path, _counted(archive, limit))


def _counted(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    received = 0
    for block in blocks:
        received += len(block)
        if received > limit:
            raise too_large(limit)
        yield block
