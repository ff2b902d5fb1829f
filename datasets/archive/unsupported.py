"""Layouts that are known and hold no classes of whole images: refused by name, never guessed at."""

from collections.abc import Callable, Sequence

from datasets.archive.member import Member
from datasets.archive.names import looks_like_image
from datasets.errors import ArchiveRefused

_LOOKED_AT = 5
_LARGEST_TEXT = 1 << 20


def refuse_unsupported(members: Sequence[Member], read: Callable[[Member], bytes]) -> None:
    """Raise `ArchiveRefused` (`unsupported_layout`) for exports of object detection."""
    images = {_stem(member.name) for member in members if looks_like_image(member.name)}
    texts = _beside(members, ".txt", images)
    if texts and all(_holds_boxes(read(member)) for member in texts):
        raise _refused("YOLO", texts[0].name)
    drawings = _beside(members, ".xml", images)
    if drawings and all(b"<annotation" in read(member) for member in drawings):
        raise _refused("Pascal VOC", drawings[0].name)


def _beside(members: Sequence[Member], suffix: str, images: set[str]) -> list[Member]:
    """Return a few of the files with this ending that are named after an image."""
    found = (
        member
        for member in members
        if member.name.casefold().endswith(suffix)
        and 0 < member.size <= _LARGEST_TEXT
        and _stem(member.name) in images
    )
    return [member for _, member in zip(range(_LOOKED_AT), found, strict=False)]


def _holds_boxes(content: bytes) -> bool:
    """Whether every line is a class's number and four or more coordinates."""
    lines = [line.split() for line in content.splitlines() if line.strip()]
    try:
        numbers = [[float(value) for value in line] for line in lines]
    except ValueError:
        return False
    return bool(numbers) and all(len(line) >= 5 and line[0] == int(line[0]) for line in numbers)


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rpartition(".")[0].casefold()


def _refused(format: str, example: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"The archive is an export in the format {format}, for object detection: “{example}” and "
        "others hold boxes. Boxes are not classes of whole images.",
        code="unsupported_layout",
        hint="Export it in one folder per class, or take the files with boxes out to import the "
        "images without classes.",
    )
