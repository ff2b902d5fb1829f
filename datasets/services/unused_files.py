"""Removing files that no image has any more, without taking one from an image on its way in."""

import zlib
from collections.abc import Iterable

from django.db import connection, transaction

from common import storage
from datasets.models import Image

_LOCK = zlib.crc32(b"datasets.files")


def hold_files() -> None:
    """Let nobody remove files until the caller's transaction ends: it adds images that have them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def remove_unused_files(hashes: Iterable[str]) -> None:
    """Remove blob and thumbnail of each content that no image of any dataset has.

    Samples need no look of their own: the image of a sample is never deleted, nor its hash changed.
    """
    wanted = set(hashes)
    if not wanted:
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        used = Image.objects.filter(sha256__in=wanted).values_list("sha256", flat=True)
        for sha256 in wanted - set(used):
            storage.blob_path(sha256).unlink(missing_ok=True)
            storage.thumbnail_path(sha256).unlink(missing_ok=True)
