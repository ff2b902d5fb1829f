"""Reading the bytes of an archive's files, one at a time, never more than they promise."""

import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from datasets.archive.directory import not_a_zip
from datasets.archive.member import STORED, Member
from datasets.errors import ArchiveRefused

CHUNK_BYTES = 1 << 18


@contextmanager
def opened(path: Path) -> Iterator[memoryview]:
    """Map an archive into memory, read-only; raises `ArchiveRefused` for an empty file."""
    with path.open("rb") as stream:
        if not path.stat().st_size:
            raise not_a_zip("the file is empty (0 bytes)")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
            view = memoryview(mapping)
            try:
                yield view
            finally:
                view.release()


def read_member(data: memoryview, member: Member) -> bytes:
    """Return the content of one file, checked against its size and checksum.

    Expands to at most `member.size` bytes, whatever the compressed bytes hold. Raises
    `ArchiveRefused` (`damaged_entry`) when size or checksum are not what the archive says.
    """
    packed = data[member.start : member.start + member.compressed_size]
    if member.method == STORED:
        content = bytes(packed)
        whole = len(content) == member.size
    else:
        decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = decompressor.decompress(packed, member.size + 1)
        except zlib.error:
            raise _damaged(member) from None
        whole = len(content) == member.size and (decompressor.eof or not member.size)
    if not whole or zlib.crc32(content) != member.crc:
        raise _damaged(member)
    return content


@dataclass(frozen=True)
class Contents:
    """The contents of an archive's files; `data` is the whole archive."""

    data: memoryview

    def read(self, member: Member) -> bytes:
        """Return a file at once, as `read_member` does."""
        return read_member(self.data, member)

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Yield a file in pieces of up to `CHUNK_BYTES`, so that a large one is never held whole.

        Raises `ArchiveRefused` (`damaged_entry`) where size or checksum are not what the archive
        says: what was yielded before may be wrong.
        """
        size = crc = 0
        for piece in self._pieces(member):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > member.size:
                break
            yield piece
        if size != member.size or crc != member.crc:
            raise _damaged(member)

    def _pieces(self, member: Member) -> Iterator[bytes]:
        """Yield the expanded bytes, at most a piece more than the file promises."""
        decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
        stop = member.start + member.compressed_size
        try:
            for start in range(member.start, stop, CHUNK_BYTES):
                packed = bytes(self.data[start : min(start + CHUNK_BYTES, stop)])
                if member.method == STORED:
                    yield packed
                    continue
                while packed and not decompressor.eof:
                    yield decompressor.decompress(packed, CHUNK_BYTES)
                    packed = decompressor.unconsumed_tail
            # All input may be taken before all output has come.
            while rest := decompressor.decompress(b"", CHUNK_BYTES):
                yield rest
        except zlib.error:
            raise _damaged(member) from None


def _damaged(member: Member) -> ArchiveRefused:
    return ArchiveRefused(
        f"The archive's bytes of “{member.name}” are damaged.",
        code="damaged_entry",
        hint="Pack the file again.",
    )
