"""A pack: the pixels of some contents in a file that is mapped into memory, and its index.

    <name>.pixels   rows (n, size, size, 3) uint8
    <name>.index    their n SHA-256, 32 bytes each; zeros where a file could not be decoded

A pack is there when its index is, and nothing changes it. A reader holds a lock on it, so
that others do not remove it. Decoders write the rows; they never see an index.
"""

import fcntl
import mmap
import os
import uuid
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from common.digests import BYTES, Digests
from datasets.decoding.pixels.messages import Faults, Pixels
from datasets.decoding.pixels.turns import try_lock

PIXELS, INDEX, PART = ".pixels", ".index", ".part"


class Pack:
    """An open pack, locked until nothing refers to it any more."""

    def __init__(self, path: Path, size: int) -> None:
        """`path` ends in `.pixels`. Raises `FileNotFoundError`, also where it is being removed."""
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, file)
        if not try_lock(file, fcntl.LOCK_SH) or not os.fstat(file).st_nlink:
            raise FileNotFoundError(path)
        # When it was last of use decides which pack is removed first.
        os.utime(file)
        memory = mmap.mmap(file, 0, prot=mmap.PROT_READ)
        self.pixels: Pixels = np.frombuffer(memory, np.uint8).reshape(-1, size, size, 3)


def contents_of(index: Path) -> Digests:
    """Return the contents of a pack by its index, row for row; none where it is being removed."""
    try:
        return Digests.read(index.read_bytes())
    except FileNotFoundError:
        return Digests.of([])


def write_pack(
    folder: Path, contents: Sequence[str], size: int, decode: Callable[[int], Faults]
) -> Faults:
    """Write a pack of contents, whose rows `decode` writes to the open file that it is given.

    Raises `OSError`, and whatever `decode` raises; then nothing is left.
    """
    name = folder / uuid.uuid4().hex
    part = name.with_suffix(PART)
    try:
        with part.open("xb") as file:
            # What does not fit on the disk is known here, not in the middle.
            os.posix_fallocate(file.fileno(), 0, len(contents) * size * size * 3)
            faults = decode(file.fileno())
        part.rename(name.with_suffix(PIXELS))
        part.write_bytes(_index(contents, faults))
        part.rename(name.with_suffix(INDEX))
    finally:
        part.unlink(missing_ok=True)
    return faults


def remove_pack(path: Path) -> bool:
    """Remove the pack of this `.pixels` file, unless it is being read; return whether it went."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        if not try_lock(file, fcntl.LOCK_EX):
            return False
        path.with_suffix(INDEX).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    finally:
        os.close(file)
    return True


def _index(contents: Sequence[str], faults: Faults) -> bytes:
    unknown = "00" * BYTES
    return bytes.fromhex("".join(unknown if name in faults else name for name in contents))
