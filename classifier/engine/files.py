"""Files that are whole when they are there."""

import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from classifier.engine.outcome import FileFacts


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; when the block ends well, flush and rename it."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
        sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_synced(path: Path, content: bytes) -> None:
    """Write ``content`` and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        sync(file)


def sync(target: Path | IO[Any]) -> None:
    """Wait until the disk has an open file's content, or a folder's entries."""
    if not isinstance(target, Path):
        target.flush()
        os.fsync(target.fileno())
        return
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the content hash of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def compressed_bytes(path: Path) -> int:
    """Return how large the file's content is in a zip (deflate)."""
    found, packing = 0, zlib.compressobj()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found += len(packing.compress(block))
    return found + len(packing.flush())


def facts_of(path: Path) -> FileFacts:
    """Return a file's content hash and size in bytes."""
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}
