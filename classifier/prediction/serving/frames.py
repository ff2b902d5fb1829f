"""Messages over a pipe: a JSON header, then as many blobs of bytes as it announces."""

import json
import struct
from collections.abc import Sequence
from typing import IO, Any

_LENGTH = struct.Struct(">I")
Header = dict[str, Any]
# The code of an answer that came too late to be worked out.
OVERDUE = "overdue"


class Overdue(Exception):
    """The client has given up."""


def write_frame(stream: IO[bytes], header: Header, blobs: Sequence[bytes] = ()) -> None:
    """Write one message; the caller makes sure that no other thread writes at the same time."""
    text = json.dumps({**header, "sizes": [len(blob) for blob in blobs]}).encode()
    stream.write(_LENGTH.pack(len(text)))
    stream.write(text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[Header, list[bytes]] | None:
    """Return the next message, or None when the other side has gone, even in mid-message."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(prefix)
    text = stream.read(length)
    if len(text) < length:
        return None
    header: Header = json.loads(text)
    sizes: list[int] = header.pop("sizes")
    blobs = [stream.read(size) for size in sizes]
    whole = [len(blob) for blob in blobs] == sizes
    return (header, blobs) if whole else None
