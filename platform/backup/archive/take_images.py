"""The images of an archive on their way into the store: each is decoded behind glass.

So what comes is an image, without metadata, and its thumbnail is of it.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from backup.archive.open import Archive, Listed
from backup.errors import Refused
from datasets.decoding.decoder import Decoder, Places
from storage import durable, scratch
from storage.names import blob_name, thumbnail_name

_FILES = 64


def take_images(archive: Archive, *, trusted: bool, again: bool = False) -> Iterator[str]:
    """Store the images that are not there, and yield the name of each file before it comes.

    The archive's copies of those that are there are read too, but for a second call (`again`): to
    know an image's hash is not to have the image. Without `trusted` an image with metadata is
    refused. Raises `Refused` for what is damaged or no image.
    """
    images = [file for file in archive.files if "blob" in file.parts]
    lacking = set(durable.missing(file.name for file in images))
    for file in () if again else images:
        if file.name not in lacking:
            for _ in archive.blocks(file):
                pass
    coming = [file for file in images if file.name in lacking]
    with scratch.request_dir() as folder:
        # What lies in the folder is not staged a second time.
        with Decoder(Places(folder, folder, settings.IMAGE_MAX_PIXELS)) as decoder:
            for start in range(0, len(coming), _FILES):
                files = coming[start : start + _FILES]
                paths = [_unpacked(archive, file, folder) for file in files]
                answers = decoder.decode_files(paths)
                sizes = _checked(zip(files, answers, strict=True), folder, trusted)
                yield from sizes
                if gone := durable.adopt([folder], sizes):
                    raise OSError(f"{gone[0]} could not be stored")


def _checked(
    answered: Iterable[tuple[Listed, dict[str, Any]]], folder: Path, trusted: bool
) -> dict[str, int]:
    """Return the sizes of images and their thumbnails, which lie in the folder now."""
    sizes = {}
    for file, answer in answered:
        if "sha256" not in answer:
            raise Refused(f"{file.name} is no image that Loupe takes: {answer['detail']}")
        if answer["sha256"] != file.sha256:
            _take_as_it_is(file, answer["sha256"], folder, trusted)
        sizes[file.name] = file.bytes
        if answer["thumbnail_bytes"]:
            sizes[thumbnail_name(file.sha256)] = answer["thumbnail_bytes"]
    return sizes


def _take_as_it_is(file: Listed, cleaned: str, folder: Path, trusted: bool) -> None:
    if not trusted:
        raise Refused(
            f"{file.name} has metadata, which Loupe takes out of images before it keeps them. If "
            "you know who made the archive, pass --trusted to take it as it is."
        )
    made, wanted = folder / thumbnail_name(cleaned), folder / thumbnail_name(file.sha256)
    if made.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, wanted)


def _unpacked(archive: Archive, file: Listed, folder: Path) -> Path:
    path = folder / blob_name(file.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(archive.blocks(file))
    return path
