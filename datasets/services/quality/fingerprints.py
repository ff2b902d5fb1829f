"""Storing fingerprints, and taking those that are missing."""

import base64
import itertools
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from common.copy_rows import copy_rows
from common.sentences import listed
from datasets.decoding.decoder import Decoder, Places
from datasets.errors import UnreadableImage
from datasets.models import Dataset, Image, ImageFingerprint
from storage import durable, scratch
from storage.names import blob_name

_COLUMNS = (
    "image_id", "pixels_sha256", "brightness", "contrast", "sharpness", "thumbnail", "colours",
)  # fmt: skip
# COPY builds its text in memory, 2.5 kB a fingerprint and four bytes a character.
_ROWS = 2_000
_FILES = 64

Taken = tuple[uuid.UUID, dict[str, Any]]


def insert_fingerprints(taken: Iterable[Taken]) -> None:
    """Insert the decoder's fingerprints of images that have none, in the caller's transaction."""
    rows = ((image_id, *_values(answer).values()) for image_id, answer in taken)
    while batch := list(itertools.islice(rows, _ROWS)):
        copy_rows(ImageFingerprint, _COLUMNS, batch)


def without_fingerprint(dataset: Dataset) -> list[tuple[uuid.UUID, str, str]]:
    """Return (id, SHA-256, name) of the images whose fingerprint was never taken."""
    rows = Image.objects.alive().filter(dataset=dataset, fingerprint=None).order_by("sha256", "id")
    return list(rows.values_list("id", "sha256", "name"))


def take_missing(dataset: Dataset, on_progress: Callable[[int, int], None]) -> list[str]:
    """Decode the images that have no fingerprint, in a bounded process, and store theirs.

    Returns the names of those that can no longer be read. `on_progress(done, total)` may raise to
    stop; what was stored stays.
    """
    missing = without_fingerprint(dataset)
    unreadable = []
    with scratch.request_dir() as folder:
        places = Places(folder, durable.known_folder(), settings.IMAGE_MAX_PIXELS)
        with Decoder(places) as decoder:
            for start in range(0, len(missing), _FILES):
                unreadable += _take(decoder, missing[start : start + _FILES])
                on_progress(min(start + _FILES, len(missing)), len(missing))
    return unreadable


def require_readable(unreadable: list[str]) -> None:
    """Raise `UnreadableImage` with these names, if there are any."""
    if unreadable:
        one = len(unreadable) == 1
        raise UnreadableImage(
            f"The kept {'file' if one else 'files'} of {listed(unreadable)} can no longer be read.",
            hint=f"Move the {'image' if one else 'images'} to the trash, or import "
            f"{'it' if one else 'them'} again.",
        )


def _take(decoder: Decoder, images: list[tuple[uuid.UUID, str, str]]) -> list[str]:
    rows, unreadable = [], []
    files = durable.local_files([blob_name(sha256) for _, sha256, _ in images])
    answers = decoder.decode_files(files)
    for (image_id, _, name), answer in zip(images, answers, strict=True):
        if "fingerprint" in answer:
            rows.append(ImageFingerprint(image_id=image_id, **_values(answer["fingerprint"])))
        else:
            unreadable.append(name)
    # Another process may be taking the same ones.
    ImageFingerprint.objects.bulk_create(rows, ignore_conflicts=True)
    return unreadable


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    """Return column values in the order of `_COLUMNS`."""
    return {
        "pixels_sha256": answer["pixels_sha256"],
        "brightness": answer["brightness"],
        "contrast": answer["contrast"],
        "sharpness": answer["sharpness"],
        "thumbnail": base64.b64decode(answer["thumbnail"]),
        "colours": base64.b64decode(answer["colours"]),
    }
