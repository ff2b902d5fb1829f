"""Messages over a pipe or through Redis: a JSON header, then the blobs of bytes it announces."""

import struct
from collections.abc import Sequence
from typing import IO, Any

import msgspec

_LENGTH = struct.Struct(">I")
Header = dict[str, Any]
# The code of an answer that came too late to be worked out.
OVERDUE = "overdue"


class Overdue(Exception):
    """The client has given up."""


def pack(header: Header, blobs: Sequence[bytes] = ()) -> bytes:
    """Return one message."""
    text = msgspec.json.encode({**header, "sizes": [len(blob) for blob in blobs]})
    return b"".join((_LENGTH.pack(len(text)), text, *blobs))


def unpack(message: bytes) -> tuple[Header, list[bytes]]:
    """Return the header and the blobs of a whole message."""
    (length,) = _LENGTH.unpack_from(message)
    start = _LENGTH.size + length
    header: Header = msgspec.json.decode(message[_LENGTH.size : start])
    blobs = []
    for size in header.pop("sizes"):
        blobs.append(message[start : start + size])
        start += size
    return header, blobs


def write_frame(stream: IO[bytes], header: Header, blobs: Sequence[bytes] = ()) -> None:
    """Write one message; the caller makes sure that no other thread writes at the same time."""
    text = msgspec.json.encode({**header, "sizes": [len(blob) for blob in blobs]})
    stream.write(_LENGTH.pack(len(text)) + text)
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
    header: Header = msgspec.json.decode(text)
    sizes: list[int] = header.pop("sizes")
    blobs = [stream.read(size) for size in sizes]
    whole = [len(blob) for blob in blobs] == sizes
    return (header, blobs) if whole else None
