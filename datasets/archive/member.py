"""A file of an archive: all that a decoding process needs to know to read it."""

from typing import NamedTuple

STORED, DEFLATED = 0, 8


class Member(NamedTuple):
    """A file of an inspected archive.

    `name` is relative, with forward slashes and without `.` or `..`; it is a label, never a path
    that anything is written to. `start` is where its compressed bytes begin in the archive.
    """

    name: str
    method: int
    crc: int
    compressed_size: int
    size: int
    start: int
