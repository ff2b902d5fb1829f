"""The form of a prediction as nearly every client writes it, read in one go.

`common.multipart` reads every form that is one. This reads only what leaves no room for two
readings, and leaves all else to it.
"""

import re
from typing import NamedTuple

from classifier.models.alias import CHAMPION
from classifier.prediction.services.answers import (
    MAX_IMAGE_BYTES,
    MAX_IMAGES,
    MAX_TOP_K,
    NamedImage,
)

_CONTENT_TYPE = re.compile(
    rb'multipart/form-data; ?boundary=(?P<quote>"?)([A-Za-z0-9_.-]{1,70})(?P=quote)'
)
# A name without letters that mean something to a path, to HTML or to the header itself.
_FILE = re.compile(
    rb'Content-Disposition: form-data; name="images"; '
    rb'filename="([A-Za-z0-9_](?:[A-Za-z0-9_. ()+-]{0,98}[A-Za-z0-9_])?)"'
    rb"(?:\r\nContent-Type: [a-z0-9.+/-]{1,60})?",
    re.IGNORECASE,
)
_FIELD = re.compile(rb'Content-Disposition: form-data; name="(version|alias|top_k)"', re.IGNORECASE)
_VALUES = {
    b"version": re.compile(rb"[1-9][0-9]{0,8}"),
    b"alias": re.compile(rb"[a-z0-9_-]{1,40}"),
    b"top_k": re.compile(rb"[1-9][0-9]{0,3}"),
}


class PlainForm(NamedTuple):
    """What a form asks for."""

    images: list[NamedImage]
    number: int | None
    alias: str
    top_k: int


def boundary_of(content_type: bytes) -> bytes | None:
    """Return the boundary that the header names; None for any other type and for parameters."""
    found = _CONTENT_TYPE.fullmatch(content_type)
    return found[2] if found else None


def read(body: bytes, boundary: bytes) -> PlainForm | None:
    """Return what the form asks for, None where any of it is unusual or wrong."""
    parts = _parts(body, b"--" + boundary)
    if parts is None:
        return None
    images: list[NamedImage] = []
    fields: dict[bytes, bytes] = {}
    for head, content in parts:
        if file := _FILE.fullmatch(head):
            images.append(NamedImage(file[1].decode("ascii"), content))
        elif (field := _FIELD.fullmatch(head)) and field[1] not in fields:
            fields[field[1]] = content
        else:
            return None
    return _form(images, fields)


def _parts(body: bytes, mark: bytes) -> list[tuple[bytes, bytes]] | None:
    """Return head and content of each part, None where the marks do not stand as they should."""
    pieces = body.split(b"\r\n" + mark)
    # The first mark has no line before it; the last is followed by two hyphens and nothing more.
    if not pieces[0].startswith(mark) or pieces.pop() not in (b"--", b"--\r\n"):
        return None
    pieces[0] = pieces[0][len(mark) :]
    if body.count(mark) != len(pieces) + 1:
        return None
    parts = []
    for piece in pieces:
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not head.startswith(b"\r\n") or not blank:
            return None
        parts.append((head[2:], content))
    return parts


def _form(images: list[NamedImage], fields: dict[bytes, bytes]) -> PlainForm | None:
    if not 1 <= len(images) <= MAX_IMAGES or {b"version", b"alias"} <= fields.keys():
        return None
    if any(len(image.content) > MAX_IMAGE_BYTES for image in images):
        return None
    if not all(_VALUES[name].fullmatch(value) for name, value in fields.items()):
        return None
    top_k = int(fields.get(b"top_k", b"5"))
    return (
        PlainForm(
            images,
            int(fields[b"version"]) if b"version" in fields else None,
            fields[b"alias"].decode() if b"alias" in fields else CHAMPION,
            top_k,
        )
        if top_k <= MAX_TOP_K
        else None
    )
