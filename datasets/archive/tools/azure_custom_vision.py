"""Azure Custom Vision: what its API says of tagged images, saved as JSON beside the images.

The service has no export of its own; people save what `GetTaggedImages` and `GetUntaggedImages`
answer: an array of images with `id`, `tags` and `regions`
(https://learn.microsoft.com/rest/api/customvision/get-images/get-images, names as in REST or in
Python), or `images_metadata.json` with the array under `images`
(https://github.com/retkowsky/azure-customvision-export). Images are files with their id in the
name. Microsoft's own migration writes COCO, which `archive.coco` reads.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from datasets.archive.labels import Label, Match
from datasets.archive.member import Member
from datasets.archive.tools.export import counted, give_classes, sentences, unsupported

TOOL = "Azure Custom Vision"
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_ADDRESSES = frozenset(
    {"originalImageUri", "original_image_uri", "resizedImageUri", "resized_image_uri",
     "saved_path", "original_filename"}
)  # fmt: skip
_NEGATIVE = "negative"


def is_image(entry: Any) -> bool:
    """Whether the first entry of an array is an image as the service describes it."""
    if not isinstance(entry, dict) or not _ID.fullmatch(str(entry.get("id", ""))):
        return False
    return isinstance(entry.get("tags"), list) or bool(entry.keys() & _ADDRESSES)


def read(table: Member, images: Iterator[Any]) -> tuple[list[Label], list[str]]:
    """Return a label for each image, with its id as the file.

    Raises `ArchiveRefused` for a project of object detection.
    """
    labels, negative = [], 0
    for image in images:
        if not isinstance(image, dict):
            continue
        if image.get("regions"):
            raise unsupported(
                TOOL,
                table,
                "for object detection: its images have regions. Regions are no classes of whole "
                "images.",
            )
        tags = [_name(tag) for tag in image.get("tags") or ()]
        label = Label(file=str(image.get("id", ""))[:200])
        give_classes(label, tags)
        negative += any(tag.strip().casefold() == _NEGATIVE for tag in tags)
        labels.append(label)
    return labels, sentences(
        counted(
            negative,
            "1 image has Azure’s tag Negative, “none of the others”: it becomes a class. "
            "Rename it or leave it out below.",
            "{count} images have Azure’s tag Negative, “none of the others”: it becomes a class. "
            "Rename it or leave it out below.",
        )
    )


def match_ids(labels: Sequence[Label], files: Iterable[str]) -> Match:
    """Find the file that has each image's id in its name, with or without hyphens."""
    by_id: dict[str, str | None] = {}
    for name in files:
        for found in {_plain(found) for found in _ID.findall(name.rsplit("/", 1)[-1])}:
            by_id[found] = None if found in by_id else name
    matched: list[str | None] = []
    for label in labels:
        plain = _plain(label.file)
        if plain in by_id and by_id[plain] is None:
            label.absent = ("ambiguous_name", "Several files have its id in their names.")
        # Once for each file: a second word about it is left without one.
        matched.append(by_id.pop(plain, None))
    return Match(matched)


def _name(tag: Any) -> str:
    if isinstance(tag, dict):
        tag = tag.get("tagName") or tag.get("tag_name") or tag.get("name") or tag.get("tagId") or ""
    return str(tag)


def _plain(identity: str) -> str:
    return identity.replace("-", "").casefold()
