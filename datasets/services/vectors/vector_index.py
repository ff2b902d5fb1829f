"""A dataset's vectors as files that a web process maps into memory: derived, made when missing.

vectors/<dataset>/<name>.<rows>.<ms>-<random>/  milliseconds of the time when it was begun
    ids.npy         uint8 (n, 16), UUIDs; zeros in place of images that are gone
    units.f16       float16 (n, d), of length 1
    basis.npy       float32 (d, 128), see shortlist.py
    components.f32  float32 (n, 128), see shortlist.py
    centres.npy, rows.npy, starts.npy  of many, see cells.py
"""

import os
import shutil
import time
import uuid
import weakref
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.analysis.cells import (
    WORTH_CELLS,
    Cells,
    assigned,
    find_centres,
    sample_size,
)
from datasets.analysis.directions import directions
from datasets.analysis.shortlist import Searched, main_directions
from datasets.models import Dataset, Image
from datasets.selectors.vectors import VectorSource, vector_blocks
from storage import scratch

# An index that lacks, or holds too much of, this share of the images is made again.
_STALE = 0.01
_CELLS = ("centres", "rows", "starts")
# Large indexes that a process keeps open: to map a million's vectors and to let them go again took
# as much of a processor as to search them. Two would be more than a gigabyte of its memory.
_KEPT = 1
# Rows of components that are put in their order at once: 50 MB.
_MOVED_AT_ONCE = 100_000

Floats = npt.NDArray[np.float32]
_kept: dict[Path, "VectorIndex"] = {}


@dataclass(frozen=True)
class VectorIndex:
    """The maps of one index; rows in the order of `ids`."""

    ids: npt.NDArray[np.uint8]
    searched: Searched

    def row_of(self, image_id: uuid.UUID) -> int | None:
        """Return the row of an image, None when it has none."""
        first, second = np.frombuffer(image_id.bytes, np.uint64)
        halves = self.ids.view(np.uint64)
        found = np.flatnonzero(halves[:, 0] == first)
        found = found[halves[found, 1] == second]
        return int(found[0]) if len(found) else None

    def are_among(
        self, rows: npt.NDArray[np.int64], ids: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.bool_]:
        """Return which rows are of these images, told by the first half of their ids, ascending."""
        if not len(ids):
            return np.zeros(len(rows), bool)
        asked = self.ids.view(np.uint64)[rows, 0]
        places = np.minimum(np.searchsorted(ids, asked), len(ids) - 1)
        return ids[places] == asked

    def id_at(self, row: int) -> uuid.UUID:
        """Return the image of a row."""
        return uuid.UUID(bytes=self.ids[row].tobytes())


def open_index(dataset: Dataset, source: VectorSource) -> VectorIndex | None:
    """Return the index of these vectors; None when there is none or it is out of date.

    It is when 1 % of the images came after it, or when it has 1 % more or fewer than there are.
    """
    for gone in [path for path in list(_kept) if not path.is_dir()]:
        _kept.pop(gone, None)
    most = _STALE * source.covered
    for folder in _folder(dataset).glob(f"{source.name}.*.*-*"):
        if abs(_rows_in(folder) - source.covered) <= most and not _is_behind(folder, dataset, most):
            index = _opened(folder)
            if index is not None:
                return index
    return None


def build_index(dataset: Dataset, source: VectorSource) -> VectorIndex | None:
    """Write the index block by block and return it; None when no image has a vector."""
    parent, began = _folder(dataset), time.time_ns() // 1_000_000
    part = parent / f".{uuid.uuid4().hex}"
    part.mkdir(parents=True)
    try:
        rows = _write(part, dataset, source)
        if not rows:
            return None
        earlier = _finished(parent)
        folder = part.rename(parent / f"{source.name}.{rows}.{began}-{uuid.uuid4().hex}")
        for path in earlier:
            scratch.remove_tree(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _opened(folder)


def renew_index(dataset: Dataset, source: VectorSource, *, has_more: bool) -> None:
    """Make the index where there is none, or where it is out of date.

    With `has_more` there are vectors that it lacks: then a small one is made again, too.
    """
    index = open_index(dataset, source)
    if index is None or (has_more and len(index.ids) < WORTH_CELLS):
        build_index(dataset, source)


def leave_out(dataset_id: uuid.UUID, images: Collection[uuid.UUID]) -> None:
    """Take images that are gone out of a dataset's index.

    A small one is removed and made again by the next question; in a large one, zeros take the
    place of what it has of them.
    """
    folder = scratch.vectors_dir(dataset_id)
    for path in _finished(folder) if folder.is_dir() else []:
        try:
            is_blank = _rows_in(path) >= WORTH_CELLS and _blank(path, images)
        except (OSError, ValueError, IndexError):  # Cut short, or of an earlier Loupe.
            is_blank = False
        if not is_blank:
            scratch.remove_tree(path)


def forget_index(dataset_id: uuid.UUID) -> None:
    """Remove a dataset's index, with what it still has of images that are gone."""
    folder = scratch.vectors_dir(dataset_id)
    for path in _finished(folder) if folder.is_dir() else []:
        scratch.remove_tree(path)


def _finished(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _folder(dataset: Dataset) -> Path:
    return scratch.vectors_dir(dataset.pk)


def _rows_in(folder: Path) -> int:
    return int(folder.name.split(".")[-2])


def _is_behind(folder: Path, dataset: Dataset, most: float) -> bool:
    """Whether more images than `most` came after the index was begun."""
    milliseconds = int(folder.name.rpartition(".")[2].partition("-")[0])
    began = datetime.fromtimestamp(milliseconds / 1000, UTC)
    newer = Image.objects.alive().filter(dataset=dataset, created_at__gt=began).order_by()
    return newer[: int(most) + 1].count() > most


def _blank(folder: Path, images: Collection[uuid.UUID]) -> bool:
    """Put zeros in the place of images; returns True. The ids last: until then it can go on."""
    gone = {image_id.bytes for image_id in images}
    halves = np.frombuffer(b"".join(gone), np.uint64).reshape(-1, 2)[:, 0]
    ids = np.load(folder / "ids.npy", mmap_mode="r+")
    likely = np.flatnonzero(np.isin(ids.view(np.uint64)[:, 0], halves))
    rows = np.array([row for row in likely.tolist() if ids[row].tobytes() in gone], np.int64)
    places = np.flatnonzero(np.isin(np.load(folder / "rows.npy", mmap_mode="r"), rows))
    np.memmap(folder / "units.f16", np.float16, "r+").reshape(len(ids), -1)[rows] = 0
    np.memmap(folder / "components.f32", np.float32, "r+").reshape(len(ids), -1)[places] = 0
    ids[rows] = 0
    return True


def _opened(folder: Path) -> VectorIndex | None:
    """Return a folder's index; None while another process replaces it, or where it was cut short.

    What it has stays readable when the folder is removed.
    """
    if (kept := _kept.get(folder)) is not None:
        return kept
    rows = _rows_in(folder)
    try:
        index = _mapped(folder, rows)
    except (OSError, ValueError):
        return None
    if rows >= WORTH_CELLS:
        _kept[folder] = index
        for path in list(_kept)[:-_KEPT]:
            _kept.pop(path, None)
    return index


def _mapped(folder: Path, rows: int) -> VectorIndex:
    """Return a folder's maps; raises OSError or ValueError when a file is missing or cut short."""
    basis, cells = np.load(folder / "basis.npy"), None
    if rows >= WORTH_CELLS:
        cells = Cells(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in _CELLS))
    searched = Searched(
        read_units=_Units(folder / "units.f16", rows, len(basis)).read,
        basis=basis,
        components=np.memmap(folder / "components.f32", np.float32, "r").reshape(rows, -1),
        cells=cells,
    )
    return VectorIndex(np.load(folder / "ids.npy", mmap_mode="r"), searched)


class _Units:
    """An open file of float16, whose rows are read by themselves; raises `ValueError` if cut short.

    A memory map brings large pieces of the file for each: of a million images gigabytes.
    """

    def __init__(self, path: Path, rows: int, width: int) -> None:
        self._path, self._width = path, width
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        if os.fstat(self._file).st_size != 2 * rows * width:
            raise ValueError(f"{path} is cut short.")

    def read(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float16]:
        """Return some rows; raises `ValueError` for one past the end."""
        found = np.empty((len(rows), self._width), np.float16)
        size = 2 * self._width
        for place, row in enumerate(rows.tolist()):
            if os.preadv(self._file, [found[place]], row * size) < size:
                raise ValueError(f"{self._path} is cut short.")
        return found


def _write(folder: Path, dataset: Dataset, source: VectorSource) -> int:
    """Write the files and return the number of rows; only one block is held as a whole."""
    ids = bytearray()
    basis: Floats | None = None
    with (folder / "units.f16").open("wb") as units, (folder / "by-row.f32").open("wb") as by_row:
        for part, vectors in vector_blocks(dataset, source):
            block = directions(vectors)
            # Contents come in the order of their hashes: the first block is a random sample.
            basis = main_directions(block) if basis is None else basis
            by_row.write((block @ basis).tobytes())
            units.write(block.astype(np.float16).tobytes())
            ids += b"".join(image_id.bytes for image_id in part)
    if basis is None:
        return 0
    np.save(folder / "ids.npy", np.frombuffer(ids, np.uint8).reshape(-1, 16))
    np.save(folder / "basis.npy", basis)
    _write_components(folder, len(ids) // 16)
    return len(ids) // 16


def _write_components(folder: Path, rows: int) -> None:
    """Write the components in their order: of many rows cell by cell, and these beside them."""
    by_row = folder / "by-row.f32"
    if rows < WORTH_CELLS:
        by_row.rename(folder / "components.f32")
        return
    components = np.memmap(by_row, np.float32, "r").reshape(rows, -1)
    cells = _cells_of(components)
    for name in _CELLS:
        np.save(folder / f"{name}.npy", getattr(cells, name))
    with (folder / "components.f32").open("wb") as file:
        for start in range(0, rows, _MOVED_AT_ONCE):
            file.write(components[cells.rows[start : start + _MOVED_AT_ONCE]].tobytes())
    by_row.unlink()


def _cells_of(components: Floats) -> Cells:
    # In the order of their hashes, so that the first are a random sample.
    centres = find_centres(np.array(components[: sample_size(len(components))]), len(components))
    nearest = assigned(components, centres)
    rows = np.argsort(nearest, kind="stable").astype(np.uint32)
    sizes = np.bincount(nearest, minlength=len(centres))
    return Cells(centres, rows, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))
