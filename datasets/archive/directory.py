"""The central directory of a zip file, read without trusting it (PKWARE APPNOTE 6.3.10, 4.3).

Our own, because `zipfile` builds every entry in memory before it can be bounded, renames traversal
silently, keeps the last of two equal names and, in Python 3.11, accepts overlapping entries.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from datasets.errors import ArchiveRefused

Buffer = bytes | bytearray | memoryview

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_UTF8_FLAG = 0x800
_ZIP64_RECORD, _UNICODE_PATH_RECORD = 0x0001, 0x7075
_MAX_16, _MAX_32 = 0xFFFF, 0xFFFFFFFF
_LONGEST_COMMENT = 65535


class Entry(NamedTuple):
    """One record of the central directory; `name` is as it stands there.

    `stated` is the name where the record itself says how it is written; None leaves it to be found
    out (`codepages`). `host` is the system that the record was made on (APPNOTE 4.4.2.2).
    """

    name: bytes
    stated: str | None
    host: int
    flags: int
    method: int
    crc: int
    compressed_size: int
    size: int
    offset: int
    unix_mode: int


class Directory(NamedTuple):
    """Where the central directory stands and what it promises."""

    start: int
    size: int
    entry_count: int
    # Bytes put before the zip, as self-extracting archives do; offsets count from after them.
    prefix: int


def not_a_zip(detail: str) -> ArchiveRefused:
    """Return the refusal of a file that is no whole zip archive."""
    return ArchiveRefused(
        f"A zip archive is expected; {detail}.",
        code="not_a_zip",
        hint="Pack the images again and upload the whole .zip file.",
    )


def find_directory(data: Buffer) -> Directory:
    """Return where the central directory is; raises `ArchiveRefused` (`not_a_zip`)."""
    end = _find_end(data)
    _, disk, _, _, count, size, offset, _ = _END.unpack_from(data, end)
    stop = end
    if _MAX_16 in (disk, count) or _MAX_32 in (size, offset):
        stop, count, size, offset = _find_end64(data, end) or (end, count, size, offset)
    start = stop - size
    if start < 0 or offset > start:
        raise not_a_zip("the file is cut off or damaged")
    return Directory(start, size, count, start - offset)


def entries(data: Buffer, directory: Directory) -> Iterator[Entry]:
    """Yield the records one by one, so that a caller can stop at its limit."""
    position, stop = directory.start, directory.start + directory.size
    while position < stop:
        try:
            fields = _CENTRAL.unpack_from(data, position)
        except struct.error:
            raise not_a_zip("its table of contents is damaged") from None
        (signature, made_by, _, flags, method, _, _, crc, compressed, size,
         name_length, extra_length, comment_length, _, _, attributes, offset) = fields  # fmt: skip
        if signature != b"PK\x01\x02":
            raise not_a_zip("its table of contents is damaged")
        name_start = position + _CENTRAL.size
        name_stop = name_start + name_length
        extra = bytes(data[name_stop : name_stop + extra_length])
        if _MAX_32 in (size, compressed, offset):
            size, compressed, offset = _zip64_sizes(extra, size, compressed, offset)
        raw_name = bytes(data[name_start:name_stop])
        yield Entry(
            name=raw_name,
            stated=_stated_name(raw_name, flags, extra),
            host=made_by >> 8,
            flags=flags,
            method=method,
            crc=crc,
            compressed_size=compressed,
            size=size,
            offset=offset + directory.prefix,
            unix_mode=attributes >> 16 if made_by >> 8 in (3, 19) else 0,
        )
        position = name_stop + extra_length + comment_length


def _find_end(data: Buffer) -> int:
    tail_start = max(0, len(data) - _END.size - _LONGEST_COMMENT)
    tail = bytes(data[tail_start:])
    position = len(tail)
    while (position := tail.rfind(b"PK\x05\x06", 0, position)) >= 0:
        if position + _END.size <= len(tail):
            comment_length = _END.unpack_from(tail, position)[-1]
            if position + _END.size + comment_length <= len(tail):
                return tail_start + position
    raise not_a_zip("the file is not one, or its end is missing")


def _find_end64(data: Buffer, end: int) -> tuple[int, int, int, int] | None:
    if end < _END64_LOCATOR.size:
        return None
    signature, _, position, _ = _END64_LOCATOR.unpack_from(data, end - _END64_LOCATOR.size)
    if signature != b"PK\x06\x07":
        return None
    # The record stands right before its locator; the stated position does not count a prefix.
    position = end - _END64_LOCATOR.size - _END64.size
    if position < 0:
        raise not_a_zip("the file is cut off or damaged")
    signature, *_, count, size, offset = _END64.unpack_from(data, position)
    if signature != b"PK\x06\x06":
        raise not_a_zip("the file is cut off or damaged")
    return position, count, size, offset


def _zip64_sizes(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    values = [size, compressed, offset]
    record = _extra_record(extra, _ZIP64_RECORD)
    position = 0
    for index, value in enumerate(values):
        if value == _MAX_32 and position + 8 <= len(record):
            values[index] = struct.unpack_from("<Q", record, position)[0]
            position += 8
    return values[0], values[1], values[2]


def _extra_record(extra: bytes, wanted: int) -> bytes:
    """Return what an extra field holds under one id; empty without it."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == wanted:
            return extra[position + 4 : position + 4 + length]
        position += 4 + length
    return b""


def _stated_name(raw: bytes, flags: int, extra: bytes) -> str | None:
    """Return the name if the record says how it is written: ASCII, a flag, or a second name.

    The second one is Info-ZIP's Unicode Path (APPNOTE 4.6.9); it counts only for the very bytes
    whose checksum it holds.
    """
    if raw.isascii():
        return raw.decode("ascii")
    record = _extra_record(extra, _UNICODE_PATH_RECORD) if extra else b""
    if len(record) > 5 and record[0] == 1 and record[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
        raw = record[5:]
    elif not flags & _UTF8_FLAG:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
