"""The headers before the files of a zip, which say where their bytes start."""

import struct

from datasets.archive.directory import Buffer, Entry, not_a_zip
from datasets.archive.entry_names import shown
from datasets.archive.member import Member
from datasets.errors import ArchiveRefused

_LOCAL = struct.Struct("<4s5H3L2H")


def locate(data: Buffer, found: list[tuple[Entry, str]], end: int) -> list[Member]:
    """Return the entries, under these names, with where their bytes start; none is after `end`.

    Raises `ArchiveRefused` for a header that is missing or damaged, and for entries that share
    bytes (CVE-2024-0450).
    """
    members = []
    spans = []
    for entry, name in found:
        try:
            signature, *_, name_length, extra_length = _LOCAL.unpack_from(data, entry.offset)
        except struct.error:
            raise not_a_zip(f"the header of “{shown(name)}” is missing") from None
        if signature != b"PK\x03\x04":
            raise not_a_zip(f"the header of “{shown(name)}” is damaged")
        start = entry.offset + _LOCAL.size + name_length + extra_length
        spans.append((entry.offset, start + entry.compressed_size, name))
        members.append(
            Member(name, entry.method, entry.crc, entry.compressed_size, entry.size, start)
        )
    spans.sort()
    followers = [begin for begin, _, _ in spans[1:]] + [end]
    for (_, stop, name), follower in zip(spans, followers, strict=True):
        if stop > follower:
            raise ArchiveRefused(
                f"“{shown(name)}” overlaps another entry of the archive.",
                code="overlapping_entries",
                hint="Pack the images again with an ordinary zip tool.",
            )
    return members
