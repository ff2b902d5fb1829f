"""A version as a zip: class folders in each split, and a labels.csv that says everything exactly.

    train/<class>/<sha256>.<ending>, validation/…, test/…
    labels.csv      file,class_name,split and the metadata

Keras reads the folders (every class has one in every split, so that class indices agree), Loupe
the table. A folder is named after its class where every file system takes that name; the table has
the class's own name, with an apostrophe before what a spreadsheet would run. The same version
always gives the same bytes.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from common.errors import NotFound
from common.portable_names import portable_names
from common.spreadsheets import cell
from datasets.archive import labels_csv
from datasets.models import DatasetVersion, Sample, Split
from storage import durable
from storage.names import blob_name

_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "GIF": "gif"}
_BLOCK_BYTES = 1 << 20
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_OWN_COLUMNS = ("file", "class_name", "split")


@dataclass(frozen=True)
class Entry:
    """One file of the archive: its name there and in the store, and its line of the table."""

    name: str
    stored: str
    class_name: str
    split: str
    metadata: dict[str, Any]


def entries_of(version: DatasetVersion) -> list[Entry]:
    """Return the files of a version's archive; raises `NotFound` when the store lacks one."""
    folders = portable_names(version.class_names)
    rows = (
        Sample.objects.kept()
        .filter(version=version)
        .order_by("split", "class_index", "sha256", "name", "id")
        .values_list("split", "class_index", "sha256", "image__format", "metadata")
    )
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    for split, index, sha256, format_name, metadata in rows.iterator(10_000):
        label = str(Split(split).label)
        stem = f"{label}/{folders[index]}/{sha256}"
        seen[stem] = repeat = seen.get(stem, 0) + 1
        name = f"{stem}{f'-{repeat}' if repeat > 1 else ''}.{_ENDINGS[format_name]}"
        entries.append(Entry(name, blob_name(sha256), version.class_names[index], label, metadata))
    gone = len(durable.missing(entry.stored for entry in entries))
    if gone:
        raise NotFound(f"Of this version’s files, {gone:,} are gone from the store.")
    return entries


def zip_blocks(version: DatasetVersion, entries: list[Entry]) -> Iterator[bytes]:
    """Yield the archive of these entries in blocks of about 1 MiB; reads files, no database."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(_info(labels_csv.NAME, zipfile.ZIP_DEFLATED), _table(entries))
        for split in Split:
            for folder in portable_names(version.class_names):
                archive.writestr(_info(f"{split.label}/{folder}/"), b"")
        for entry in entries:
            archive.writestr(_info(entry.name), durable.read(entry.stored))
            if sink.waiting >= _BLOCK_BYTES:
                yield sink.taken()
    yield sink.taken()


def _table(entries: list[Entry]) -> bytes:
    keys = sorted({key for entry in entries for key in entry.metadata})
    columns = [key for key in keys if key.strip() == key != "" and key not in _OWN_COLUMNS]
    columns = columns[: labels_csv.MAX_METADATA_COLUMNS]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*_OWN_COLUMNS, *map(cell, columns)])
    for entry in entries:
        values = [str(entry.metadata.get(column, "")) for column in columns]
        writer.writerow([entry.name, cell(entry.class_name), entry.split, *map(cell, values)])
    return stream.getvalue().encode()


def _info(name: str, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EARLIEST)
    info.compress_type = method
    info.create_system = 3  # Unix, wherever this runs: the same bytes everywhere
    info.external_attr = (0o40755 << 16) | 0x10 if name.endswith("/") else 0o100644 << 16
    return info


class _Sink:
    """What `ZipFile` writes to: a stream that cannot go back; the response empties it."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self.waiting = 0

    def write(self, block: bytes) -> int:
        self._blocks.append(bytes(block))
        self.waiting += len(block)
        return len(block)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is kept open."""

    def taken(self) -> bytes:
        blocks, self._blocks, self.waiting = self._blocks, [], 0
        return b"".join(blocks)
