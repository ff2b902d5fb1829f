"""Moving staged files to where they are kept."""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from common import storage

_libc = ctypes.CDLL(None, use_errno=True)


def adopt_files(staging_folders: Iterable[Path]) -> None:
    """Move the staged blobs and thumbnails into the store and wait until they are on disk.

    Every file is named by its content, so moving one over another changes nothing, and doing it
    again is harmless. One sync of the file system serves for all of them: a sync per file would
    take minutes. Raises `OSError`.
    """
    for staging in staging_folders:
        for kind in ("blobs", "thumbnails"):
            for source in sorted((staging / kind).glob("*")):
                _move_all(source, storage.root() / kind / source.name)
    _sync_file_system(storage.root())


def _move_all(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            os.replace(entry.path, f"{target}/{entry.name}")  # noqa: PTH105 - 120,000 of them


def _sync_file_system(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
