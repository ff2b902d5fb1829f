"""Take contents out of the pixels that this machine keeps.

Of a pack that is being read, too: its row becomes black, and its index no longer has it, as of a
file that could not be decoded. The next reader has it decoded, or hears that there is no file.
"""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import numpy as np

from common.digests import BYTES, Digests
from datasets.decoding.pixels.packs import INDEX, PIXELS, contents_of


def forget_pixels(folder: Path, contents: Collection[str]) -> int:
    """Overwrite the pixels of contents (SHA-256) in every pack below; return how many rows.

    Safe to repeat. Raises `OSError` where a file cannot be written.
    """
    keys = Digests.of(contents).keys
    return sum(_forget(index, keys) for index in folder.rglob(f"*{INDEX}"))


def _forget(index: Path, keys: "np.ndarray") -> int:
    found = contents_of(index)
    rows = np.flatnonzero(np.isin(found.keys, keys)) if len(found) else np.empty(0, np.int64)
    for row in rows.tolist():
        # The index first: a reader that comes in between must not take the black row for pixels.
        with suppress(FileNotFoundError):  # the pack is being removed
            _overwrite(index, row * BYTES, BYTES)
            pixels = index.with_suffix(PIXELS)
            row_bytes = pixels.stat().st_size // len(found)
            _overwrite(pixels, row * row_bytes, row_bytes)
    return len(rows)


def _overwrite(path: Path, start: int, length: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(file, bytes(length), start)
        os.fsync(file)
    finally:
        os.close(file)
