"""What a job asks for pixels: those that are kept here, else decoded while they are read."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from common.fit import Fit
from datasets.decoding.pixels.cache import NoRoom, PixelCache, Progress
from datasets.decoding.pixels.decoders import PixelDecoders
from datasets.decoding.pixels.messages import Faults
from datasets.decoding.pixels.packs import PIXELS
from datasets.decoding.pixels.rows import KeptRows, StreamedRows
from datasets.errors import UnreadableImages
from storage import scratch

# Of the disk that is free or taken by the cache already.
DEFAULT_SHARE = 0.25


class PixelStore:
    """Pixels of the contents of datasets. Its jobs share a cache on their machine's disk."""

    def __init__(
        self, cache: PixelCache, decoders: PixelDecoders, log: Callable[[str], object]
    ) -> None:
        self._cache = cache
        self._decoders = decoders
        self._log = log

    def rows(
        self, contents: Sequence[str], size: int, fit: Fit, on_progress: Progress
    ) -> KeptRows | StreamedRows:
        """Return pixels (n, size, size, 3) of the contents (SHA-256) for any order.

        Where the cache has no room for them they are decoded each time that they are read, which
        the log says. `on_progress(done, total)` counts what is decoded now, and may raise to stop.
        Raises `UnreadableImages`, as reading does.
        """
        try:
            return self._cache.rows(contents, size, fit, on_progress)
        except NoRoom:
            self._log(
                f"The pixels of {len(contents):,} images do not fit into the pixel cache "
                "(LOUPE_PIXEL_CACHE_BYTES): they are decoded each time they are read."
            )
            return StreamedRows(contents, size, fit, self._decoders)

    def unreadable(
        self, contents: Sequence[str], size: int, fit: Fit, on_progress: Progress
    ) -> Faults:
        """Return why, by content, some cannot be decoded; the others are kept for `rows`.

        `on_progress` is as in `rows`.
        """
        faults: Faults = {}
        left = list(contents)
        while left:
            try:
                self._cache.rows(left, size, fit, on_progress)
            except NoRoom:
                done = 0
                for block in self._decoders.blocks(left, size, fit):
                    faults |= block.faults
                    done += len(block.contents)
                    on_progress(done, len(left))
                break
            except UnreadableImages as error:
                faults |= error.faults
                left = [content for content in left if content not in faults]
            else:
                break
        return faults

    def some_readable(self, contents: Sequence[str], views: Iterable[tuple[int, Fit]]) -> list[str]:
        """Return those of a few contents that can be decoded, in their order."""
        faults: Faults = {}
        for size, fit in views:
            faults |= self.unreadable(contents, size, fit, lambda done, total: None)
        return [content for content in contents if content not in faults]


@contextmanager
def open_pixels(log: Callable[[str], object]) -> Iterator[PixelStore]:
    """Open the store of this machine for a job; its decoders end with the block."""
    folder = scratch.pixels_dir()
    with PixelDecoders() as decoders:
        yield PixelStore(PixelCache(folder, cache_bytes(folder), decoders), decoders, log)


def cache_bytes(folder: Path) -> int:
    """Return how much the cache in this folder may keep."""
    if settings.PIXEL_CACHE_BYTES is not None:
        return settings.PIXEL_CACHE_BYTES
    folder.mkdir(parents=True, exist_ok=True)
    kept = 0
    for path in folder.rglob(f"*{PIXELS}"):
        with suppress(FileNotFoundError):  # another process has just removed it
            kept += path.stat().st_size
    return int(DEFAULT_SHARE * (shutil.disk_usage(folder).free + kept))
