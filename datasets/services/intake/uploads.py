"""Files that come in by and by (tus): create, append, terminate, hand over, forget."""

import hashlib
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from datasets.archive.names import printable_label
from datasets.errors import ChecksumMismatch, TooManyUploads
from datasets.limits import archive_limits, too_large
from datasets.models import Upload
from storage import durable
from storage.names import new_upload_key, upload_name

CHECKSUMS = ("sha1", "sha256")


class Checksum(NamedTuple):
    """The digest that a part must have; `algorithm` is one of `CHECKSUMS`."""

    algorithm: str
    digest: bytes


def create_upload(*, user: User, length: int, name: str, metadata: str = "") -> Upload:
    """Reserve the place of a file of `length` bytes that `user` is about to send.

    Raises `TooLarge` past the cap on archives, before a byte is sent, and `TooManyUploads` when
    too many of the person's uploads are unfinished or unused.
    """
    if length > (limit := archive_limits().max_bytes):
        raise too_large(limit)
    most = settings.UPLOADS_PER_PERSON
    with transaction.atomic():
        # Parallel requests of one person count one after the other.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if Upload.objects.for_user(user).current().count() >= most:
            raise TooManyUploads(
                f"A person may have {most} uploads that are not finished or not used; "
                f"you have that many.",
                hint="Finish or cancel one of them.",
            )
        upload = Upload.objects.create(
            created_by=user,
            name=printable_label(name, "upload"),
            metadata=metadata,
            length=length,
            file=new_upload_key(),
            expires_at=_expiry(),
        )
        upload_path(upload).touch(exist_ok=False)
    return upload


def append_part(
    *, upload: Upload, offset: int, blocks: Iterable[bytes], checksum: Checksum | None = None
) -> Upload:
    """Write a part at `offset`, wait until it is on disk, and return the upload as it stands then.

    Of two parts for one offset the second is refused, also when both come at once. Raises
    `Conflict` (another offset is expected, a part is being written, or the bytes that have arrived
    are not on this machine), `NotFound` when the upload
    has gone meanwhile, `Invalid` for more bytes than the upload has and `ChecksumMismatch`; then
    the offset stays what it was.
    """
    with transaction.atomic():
        locked = _locked(upload)
        if offset != locked.offset:
            raise Conflict(
                f"This upload goes on at offset {locked.offset:,}; received offset {offset:,}.",
                code="wrong_offset",
            )
        _require_bytes(locked)
        end = _write(locked, blocks, checksum)
        locked.offset = end
        locked.expires_at = _expiry()
        locked.save(update_fields=["offset", "expires_at"])
    return locked


def remove_upload(*, upload: Upload) -> None:
    """Forget an upload and its file. Raises `Conflict` while a part is being written."""
    with transaction.atomic():
        locked = _locked(upload)
        locked.delete()
        # After the commit: a file without a row is swept, a row without a file is a fault.
        transaction.on_commit(partial(durable.delete, upload_name(locked.file)))


def take_upload(*, upload: Upload) -> str:
    """Hand the file of a finished upload over, in the caller's transaction: its row goes.

    Returns its key. The caller completes the file, and deletes it when it has served. Raises
    `Conflict` when bytes are missing, or are not on this machine.
    """
    locked = _locked(upload)
    if not locked.is_complete:
        raise Conflict(
            f"Only {locked.offset:,} of {locked.length:,} bytes of this upload have arrived.",
            code="upload_unfinished",
            hint="Send the rest first.",
        )
    _require_bytes(locked)
    locked.delete()
    return locked.file


def upload_path(upload: Upload) -> Path:
    """Return where the bytes of an upload are put together."""
    return durable.collecting(upload_name(upload.file))


def _require_bytes(upload: Upload) -> None:
    """Refuse where the scratch of this machine was lost, or another machine has the bytes."""
    path = upload_path(upload)
    here = path.stat().st_size if path.is_file() else 0
    if here < upload.offset:
        raise Conflict(
            f"Of this upload {upload.offset:,} bytes have arrived, and this web server has "
            f"{here:,} of them.",
            code="upload_lost",
            hint="Begin again with another upload.",
        )


def _expiry() -> datetime:
    return timezone.now() + timedelta(seconds=settings.UPLOAD_KEEP_SECONDS)


def _locked(upload: Upload) -> Upload:
    try:
        found = Upload.objects.select_for_update(nowait=True).filter(pk=upload.pk).first()
    except DatabaseError as error:
        raise Conflict(
            "Another part of this upload is being written. "
            "Ask for the offset and go on from there.",
            code="upload_busy",
        ) from error
    if found is None:
        raise NotFound("There is no such upload.")
    return found


def _write(upload: Upload, blocks: Iterable[bytes], checksum: Checksum | None) -> int:
    """Return the offset after the part; the file's bytes past the old one count only from then."""
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    end = upload.offset
    with upload_path(upload).open("r+b") as stream:
        stream.seek(upload.offset)
        for block in blocks:
            end += len(block)
            if end > upload.length:
                raise Invalid(
                    f"This upload has {upload.length:,} bytes in all; the part goes past that.",
                    code="past_the_end",
                )
            stream.write(block)
            if digest:
                digest.update(block)
        if digest and checksum and digest.digest() != checksum.digest:
            raise ChecksumMismatch(
                f"The part's {checksum.algorithm} is not what Upload-Checksum says. Send it again."
            )
        if end == upload.length:
            stream.truncate(end)
        stream.flush()
        os.fsync(stream.fileno())
    return end
