"""Moving staged files to where they are kept, and removing those that no row came to need."""

import ctypes
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import connection, transaction

from common import storage
from datasets.models import Image
from datasets.services.intake.add_images import NewImage

_libc = ctypes.CDLL(None, use_errno=True)
# Adopters share this lock to their transaction's end, discarders hold it alone: no one removes a
# file between another's look at it and the row that needs it.
_STORE_LOCK = 0x6C6F757065
_LOOKUP_BATCH = 10_000
_HASH_LENGTH = 64


def adopt_files(staging_folders: Iterable[Path], images: Sequence[NewImage]) -> list[str]:
    """Move the images' staged blobs and thumbnails into the store, and wait until they are on disk.

    Call it in the transaction that inserts the rows, after everything that may refuse them. Every
    file is named by its content, so moving one over another changes nothing, and doing it again is
    harmless. A file that a killed decoder, or a crash of the machine, has left cut off is not
    moved; nor is one of no image. One sync of the file system serves for all of them: a sync per
    file would take minutes. Returns the SHA-256 of those images whose blob or thumbnail is not in
    the store afterwards (normally none): then roll back and stage them again. Raises `OSError`.
    """
    blob_bytes = {image.sha256: image.bytes for image in images}
    thumbnail_bytes = {image.sha256: image.thumbnail_bytes for image in images}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_STORE_LOCK])
    for staging in staging_folders:
        for kind, sizes in (("blobs", blob_bytes), ("thumbnails", thumbnail_bytes)):
            for source in sorted((staging / kind).glob("*")):
                _move_whole(source, storage.root() / kind / source.name, sizes)
    _sync_file_system(storage.root())
    # Strings: 60,000 pairs of `Path` would take longer than the looking.
    store = str(storage.root())
    return [sha256 for sha256 in blob_bytes if not _is_kept(store, sha256)]


def discard_files(sha256s: Iterable[str]) -> int:
    """Remove the stored files of those contents that no image has; return how many had none.

    For what an adopter left whose transaction did not commit. Safe to repeat.
    """
    hashes = sorted(set(sha256s))
    removed = 0
    for start in range(0, len(hashes), _LOOKUP_BATCH):
        batch = hashes[start : start + _LOOKUP_BATCH]
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_STORE_LOCK])
            # Also those in the trash; a version's samples keep their images from being deleted.
            needed = set(Image.objects.filter(sha256__in=batch).values_list("sha256", flat=True))
            for sha256 in batch:
                if sha256 not in needed:
                    storage.blob_path(sha256).unlink(missing_ok=True)
                    storage.thumbnail_path(sha256).unlink(missing_ok=True)
                    removed += 1
    return removed


def _is_kept(store: str, sha256: str) -> bool:
    name = f"{sha256[:2]}/{sha256}"
    return os.path.isfile(f"{store}/blobs/{name}") and os.path.isfile(  # noqa: PTH113
        f"{store}/thumbnails/{name}.webp"
    )


def _move_whole(source: Path, target: Path, sizes: dict[str, int]) -> None:
    """Move the files that have their size. Of 120,000, `Path` would cost seconds."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in list(os.scandir(source)):
        name = entry.name
        if sizes.get(name[:_HASH_LENGTH]) == entry.stat().st_size:
            os.replace(entry.path, f"{target}/{name}")  # noqa: PTH105


def _sync_file_system(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
