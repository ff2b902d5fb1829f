"""Moving staged files to where they are kept, and removing those that no row came to need."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import connection, transaction

from datasets.models import Image
from datasets.services.intake.add_images import NewImage
from datasets.services.intake.held_elsewhere import held_contents
from storage import durable
from storage.names import blob_name, thumbnail_name

# Adopters share this lock to their transaction's end, discarders hold it alone: no one removes a
# file between another's look at it and the row that needs it.
_STORE_LOCK = 0x6C6F757065
_LOOKUP_BATCH = 10_000
_NAMES = (blob_name, thumbnail_name)


def adopt_files(staging_folders: Iterable[Path], images: Sequence[NewImage]) -> list[str]:
    """Move the images' staged blobs and thumbnails into the store, and wait until they are on disk.

    Call it in the transaction that inserts the rows, after everything that may refuse them. Every
    file is named by its content, so moving one over another changes nothing, and doing it again is
    harmless. A file that a killed decoder, or a crash of the machine, has left cut off is not
    moved; nor is one of no image. Returns the SHA-256 of those images whose blob or thumbnail is
    not in the store afterwards (normally none): then roll back and stage them again. Raises
    `OSError`.
    """
    sizes = {blob_name(image.sha256): image.bytes for image in images}
    sizes |= {
        thumbnail_name(image.sha256): image.thumbnail_bytes
        for image in images
        if image.thumbnail_bytes
    }
    hold_files()
    missing = set(durable.adopt(staging_folders, sizes))
    if not missing:
        return []
    contents = dict.fromkeys(image.sha256 for image in images)
    return [each for each in contents if {blob_name(each), thumbnail_name(each)} & missing]


def hold_files() -> None:
    """Keep files that are in the store there, to the end of the caller's transaction, which writes
    rows that need them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_STORE_LOCK])


def discard_files(sha256s: Iterable[str]) -> int:
    """Remove the stored files of those contents that no image has, nor an app above needs.

    Return how many these were.

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
            images = Image.objects.filter(sha256__in=batch, forgetting=None)
            needed = set(images.values_list("sha256", flat=True)) | held_contents(batch)
            needless = [sha256 for sha256 in batch if sha256 not in needed]
            durable.delete_files(name(each) for each in needless for name in _NAMES)
            removed += len(needless)
    return removed
