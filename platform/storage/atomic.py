"""Files that appear under their name only when they are whole."""

import ctypes
import errno
import hashlib
import os
import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


def write_atomically(path: Path, blocks: Iterable[bytes], *, durable: bool = True) -> str:
    """Write `blocks` so that `path` is whole or absent, and return the SHA-256 of the content.

    `durable=False` skips the sync, for files that can be made again (thumbnails).
    Raises `OSError` (for instance `ENOSPC`) and then leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    digest = hashlib.sha256()
    try:
        with temporary.open("xb") as stream:
            for block in blocks:
                digest.update(block)
                stream.write(block)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def move(source: str, target: str, *, synced: bool) -> None:
    """Rename a file; from another disk it is copied beside its place first.

    Strings: of 120,000 files, `Path` would cost seconds. `synced` has a copy wait for the disk.
    """
    try:
        os.replace(source, target)  # noqa: PTH105
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with Path(source).open("rb") as stream:
            blocks = iter(partial(stream.read, 1 << 20), b"")
            write_atomically(Path(target), blocks, durable=synced)
        Path(source).unlink()


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name instead of a second copy, where both are on one disk."""
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
            raise
        with source.open("rb") as stream:
            write_atomically(target, iter(partial(stream.read, 1 << 20), b""))


def sync_file_system(folder: Path) -> None:
    """Wait until all that was written to the folder's file system is on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
