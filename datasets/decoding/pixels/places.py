"""Where the pixels of many contents are: which pack or block, and which row of it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from common.digests import Digests
from common.fit import Fit
from datasets.decoding.pixels.packs import INDEX, PIXELS, Pack, contents_of
from datasets.decoding.pixels.rows import HasPixels, KeptRows

_NOWHERE = -1


class Places:
    """The places of contents, as they are found: sixteen bytes for each image."""

    def __init__(self, folder: Path, contents: Digests, size: int, fit: Fit) -> None:
        """`folder` has the packs of this `size` and `fit`; a content may stand there twice."""
        self.folder = folder
        self.size = size
        self.fit = fit
        self.row_bytes = size * size * 3
        keys, first, self._of_each = np.unique(
            contents.keys, return_index=True, return_inverse=True
        )
        self._keys, self._contents = keys, contents.take(first)
        # Packs are written in the order in which contents are asked for.
        self._order = np.argsort(first)
        self._where = np.full(len(keys), _NOWHERE, np.int32)
        self._row = np.zeros(len(keys), np.int32)
        self._kept: list[HasPixels] = []
        self._seen: set[Path] = set()

    def look(self) -> Digests:
        """Look into packs that were not there the last time; return what is still missing."""
        fresh = set(self.folder.glob(f"*{INDEX}")) - self._seen
        self._seen |= fresh
        for index in fresh:
            places, rows = self._new_in(contents_of(index))
            if len(places):
                try:
                    pack = Pack(index.with_suffix(PIXELS), self.size)
                except FileNotFoundError:  # it is being removed
                    continue
                self._keep(pack, places, rows)
        missing = self._order[self._where[self._order] == _NOWHERE]
        return self._contents.take(missing)

    def take(self, kept: HasPixels, contents: Digests) -> None:
        """Let these contents be the rows of what is kept."""
        self._keep(kept, *self._new_in(contents))

    def rows(self) -> KeptRows:
        """Return the rows of all contents; each must have its place."""
        return KeptRows(self._kept, self._where[self._of_each], self._row[self._of_each], self.size)

    def _new_in(self, contents: Digests) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return which of the keys, still without a place, are among contents, and their rows."""
        keys = contents.keys
        places = np.searchsorted(self._keys, keys).clip(0, max(0, len(self._keys) - 1))
        if not len(self._keys) or not len(keys):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        rows = np.flatnonzero((self._keys[places] == keys) & (self._where[places] == _NOWHERE))
        return places[rows], rows

    def _keep(
        self, kept: HasPixels, places: npt.NDArray[np.intp], rows: npt.NDArray[np.intp]
    ) -> None:
        self._where[places], self._row[places] = len(self._kept), rows
        self._kept.append(kept)
