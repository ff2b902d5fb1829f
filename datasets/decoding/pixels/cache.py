"""Pixels kept on this machine's disk for the next epoch, report or run, as `packs`.

    <folder>/<boot>/<size>-<fit>/<pack>

What was written before the machine last started is not used: the disk may have lost half of it. It
is removed after a day, as another machine may share the folder.
"""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from functools import partial
from pathlib import Path

from common.digests import Digests
from common.fit import Fit
from datasets.decoding.pixels.decoders import PixelDecoders
from datasets.decoding.pixels.messages import Faults
from datasets.decoding.pixels.packs import PART, PIXELS, remove_pack, write_pack
from datasets.decoding.pixels.places import Places
from datasets.decoding.pixels.rows import KeptRows, require_readable
from datasets.decoding.pixels.turns import turn

# Who waits for a turn waits for one pack, and a crash loses one. A run opens few.
PACK_BYTES = 64 << 20
PACKS = 64
# To decode so few again costs less than to keep a file of them.
FEW = 64
OLD_SECONDS = 24 * 3600
_BOOT = Path("/proc/sys/kernel/random/boot_id")

Progress = Callable[[int, int], None]


class NoRoom(Exception):
    """The pixels do not fit into the cache beside those that are being read."""


class PixelCache:
    """The cache in a folder of this machine; any number of processes may use it at once."""

    def __init__(self, folder: Path, max_bytes: int, decoders: PixelDecoders) -> None:
        """`max_bytes` bounds what it keeps, of all runs together."""
        self._max_bytes = max_bytes
        self._decoders = decoders
        self._folder = folder / _BOOT.read_text().strip()
        self._folder.mkdir(parents=True, exist_ok=True)
        os.utime(self._folder)
        with suppress(FileNotFoundError):  # another process removes the same
            for other in folder.iterdir():
                if time.time() - other.stat().st_mtime > OLD_SECONDS:
                    _remove_unread(other)

    def rows(self, contents: Sequence[str], size: int, fit: Fit, on_progress: Progress) -> KeptRows:
        """Return the pixels of the contents (SHA-256), decoding those that are not here.

        `on_progress(done, total)` counts the decoded ones and may raise to stop. Raises `NoRoom`,
        and `UnreadableImages` with the first contents that cannot be decoded.
        """
        folder = self._folder / f"{size}-{fit}"
        folder.mkdir(exist_ok=True)
        found = Places(folder, Digests.of(contents), size, fit)
        missing = found.look()
        if len(missing) <= FEW:
            self._decode(found, missing)
        else:
            self._keep(found, missing, on_progress)
        return found.rows()

    def _decode(self, found: Places, missing: Digests) -> None:
        for block in self._decoders.blocks(missing, found.size, found.fit):
            require_readable(block.faults)
            found.take(block, Digests.of(block.contents))

    def _keep(self, found: Places, missing: Digests, on_progress: Progress) -> None:
        total = len(missing)
        length = max(PACK_BYTES, total * found.row_bytes // PACKS) // found.row_bytes + 1
        while len(missing):
            with turn(self._folder, partial(on_progress, total - len(missing), total)):
                # Others may have had their turn with the same contents.
                missing = found.look()
                if len(missing):
                    self._make_room(len(missing) * found.row_bytes)
                    self._write(found, missing[:length], total - len(missing), total, on_progress)
                    missing = found.look()

    def _make_room(self, needed: int) -> None:
        """Remove what was of use longest ago until there is room; raises `NoRoom`."""
        for part in self._folder.rglob(f"*{PART}"):
            part.unlink()  # its writer has died: the turn is ours
        packs = [(path.stat(), path) for path in self._folder.rglob(f"*{PIXELS}")]
        used = sum(facts.st_size for facts, _ in packs)
        for facts, path in sorted(packs, key=lambda pack: pack[0].st_mtime):
            if used + needed <= self._max_bytes:
                return
            if remove_pack(path):
                used -= facts.st_size
        if used + needed > self._max_bytes:
            raise NoRoom

    def _write(
        self, found: Places, contents: Digests, before: int, total: int, on_progress: Progress
    ) -> None:
        def decode(output: int) -> Faults:
            return self._decoders.decode(
                contents,
                found.size,
                found.fit,
                output,
                lambda done: on_progress(before + done, total),
            )

        try:
            faults = write_pack(found.folder, contents, found.size, decode)
        except OSError as error:
            if error.errno in (ENOSPC, EDQUOT):
                raise NoRoom from error
            raise
        require_readable(faults)


def _remove_unread(boot: Path) -> None:
    if all(remove_pack(path) for path in boot.rglob(f"*{PIXELS}")):
        shutil.rmtree(boot, ignore_errors=True)
