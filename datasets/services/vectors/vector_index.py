"""A dataset's vectors as files that a web process maps into memory: derived, made when missing.

vectors/<dataset>/<name>.<rows>.<random>/ids.npy         uint8 (n, 16), UUIDs
                                         units.f16       float16 (n, d), of length 1
                                         components.npy  float32 (n, 128), see shortlist.py
"""

import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.analysis.directions import directions
from datasets.analysis.shortlist import main_directions
from datasets.models import Dataset
from datasets.selectors.vectors import VectorSource, vector_blocks
from storage import scratch

# An index that lacks, or holds too much of, this share of the images is made again.
_STALE = 0.01


@dataclass(frozen=True)
class VectorIndex:
    """The maps of one index; rows in the order of `ids`."""

    ids: npt.NDArray[np.uint8]
    units: npt.NDArray[np.float16]
    components: npt.NDArray[np.float32]

    def row_of(self, image_id: uuid.UUID) -> int | None:
        """Return the row of an image, None when it has none."""
        wanted = np.frombuffer(image_id.bytes, np.uint64)
        found = np.flatnonzero((self.ids.view(np.uint64) == wanted).all(axis=1))
        return int(found[0]) if len(found) else None

    def among(self, ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Return which rows are of these images, told by the first half of their ids."""
        return np.isin(np.ascontiguousarray(self.ids[:, :8]).view(np.uint64)[:, 0], ids)

    def id_at(self, row: int) -> uuid.UUID:
        """Return the image of a row."""
        return uuid.UUID(bytes=self.ids[row].tobytes())


def open_index(dataset: Dataset, source: VectorSource) -> VectorIndex | None:
    """Return the index of these vectors; None when there is none or it is out of date."""
    for folder in _folder(dataset).glob(f"{source.name}.*.*"):
        rows = int(folder.name.split(".")[-2])
        if abs(rows - source.covered) <= _STALE * source.covered:
            try:
                return _mapped(folder, rows)
            except (OSError, ValueError):
                continue  # Another process replaces it now, or a crash cut it short.
    return None


def build_index(dataset: Dataset, source: VectorSource) -> VectorIndex | None:
    """Write the index block by block and return it; None when no image has a vector."""
    parent = _folder(dataset)
    part = parent / f".{uuid.uuid4().hex}"
    part.mkdir(parents=True)
    try:
        rows = _write(part, dataset, source)
        if not rows:
            return None
        earlier = _finished(parent)
        part.rename(parent / f"{source.name}.{rows}.{uuid.uuid4().hex}")
        for path in earlier:
            scratch.remove_tree(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_index(dataset, replace(source, covered=rows))


def forget_index(dataset_id: uuid.UUID) -> None:
    """Remove a dataset's index, with what it still has of images that are gone."""
    folder = scratch.vectors_dir(dataset_id)
    for path in _finished(folder) if folder.is_dir() else []:
        scratch.remove_tree(path)


def _finished(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _folder(dataset: Dataset) -> Path:
    return scratch.vectors_dir(dataset.pk)


def _mapped(folder: Path, rows: int) -> VectorIndex:
    """Return a folder's maps; raises OSError or ValueError when a file is missing or cut short."""
    return VectorIndex(
        ids=np.load(folder / "ids.npy", mmap_mode="r"),
        units=np.memmap(folder / "units.f16", np.float16, "r").reshape(rows, -1),
        components=np.load(folder / "components.npy", mmap_mode="r"),
    )


def _write(folder: Path, dataset: Dataset, source: VectorSource) -> int:
    """Write the three files and return the number of rows; only one block is held as a whole."""
    ids, components = bytearray(), []
    basis: npt.NDArray[np.float32] | None = None
    with (folder / "units.f16").open("wb") as file:
        for part, vectors in vector_blocks(dataset, source):
            units = directions(vectors)
            # Contents come in the order of their hashes: the first block is a random sample.
            basis = main_directions(units) if basis is None else basis
            components.append(units @ basis)
            file.write(units.astype(np.float16).tobytes())
            ids += b"".join(image_id.bytes for image_id in part)
    if not components:
        return 0
    np.save(folder / "ids.npy", np.frombuffer(ids, np.uint8).reshape(-1, 16))
    np.save(folder / "components.npy", np.concatenate(components))
    return len(ids) // 16
