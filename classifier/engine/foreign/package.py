"""The three entries of a `.keras` file, read one by one after the table of contents is checked."""

import io
import struct
import zipfile
import zlib
from typing import BinaryIO, NamedTuple

from classifier.engine.foreign import limits
from classifier.engine.foreign.errors import ForeignRefused, NotKeras

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
# What Loupe adds to its own files; a model may come from another Loupe.
OWN_ENTRY = "loupe.json"
_MOST_BYTES = {CONFIG: limits.CONFIG_BYTES, METADATA: limits.METADATA_BYTES, OWN_ENTRY: 4 << 20}
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
# The end of a zip: how many entries the table of contents has, its size, the comment's.
_END = struct.Struct("<4sHHHHIIH")
_ZIP64_LOCATOR = 20
_MOST_ENTRIES = 64
_ENCRYPTED = 0x1
_HEADS = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5), Keras's format of before"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"\x08", "an ONNX or TensorFlow graph"),
    (b"\x93NUMPY", "a file of NumPy"),
    (b"TFL3", "a TensorFlow Lite file"),
)
_UNREADABLE = (
    zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
    struct.error, zlib.error,
)  # fmt: skip
_PICKLES = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))


class Package(NamedTuple):
    """The content of each entry; ``own`` is empty but in a file that Loupe wrote."""

    config: bytes
    metadata: bytes
    weights: bytes
    own: bytes


def check_head(stream: BinaryIO) -> None:
    """Raise NotKeras for what begins like another format; the stream is at its start again."""
    head = stream.read(16)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return
    if head.startswith(_PICKLES):
        raise NotKeras("a Python pickle, which is never opened: it can run any program")
    if head[4:8] == b"TFL3":
        raise NotKeras("a TensorFlow Lite file")
    for start, what in _HEADS:
        if head.startswith(start):
            raise NotKeras(what)
    raise NotKeras("no zip, which every .keras file is" if head else "empty")


def read_package(stream: BinaryIO, most_bytes: int, *, with_weights: bool) -> Package:
    """Return the entries of a file that keeps the rules.

    ``most_bytes`` bounds the weights; without ``with_weights`` they are checked and not read.
    Raises NotKeras for another format, ForeignRefused naming the entry at fault.
    """
    check_head(stream)
    _check_table(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _check_names(entries)
            for entry in entries:
                _check_entry(entry, _MOST_BYTES.get(entry.filename, most_bytes))
            _check_places(stream, entries, archive.start_dir)
            return Package(
                config=_read(archive, CONFIG),
                metadata=_read(archive, METADATA),
                weights=_read(archive, WEIGHTS) if with_weights else b"",
                own=_read(archive, OWN_ENTRY) if OWN_ENTRY in archive.namelist() else b"",
            )
    except _UNREADABLE as error:
        raise ForeignRefused(
            "damaged_file", "The file is a zip that cannot be read to its end.", "Send it again."
        ) from error


def _check_table(stream: BinaryIO) -> None:
    """Raise unless a table of contents of a few entries ends the file: zipfile would read any."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - _END.size - _ZIP64_LOCATOR))
    tail = stream.read()
    stream.seek(0)
    record = tail[-_END.size :]
    if len(record) < _END.size or not record.startswith(b"PK\x05\x06"):
        raise ForeignRefused(
            "damaged_file", "The file is a zip that cannot be read to its end.", "Send it again."
        )
    *_, entries, size, _, comment = _END.unpack(record)
    if entries > _MOST_ENTRIES or size > limits.METADATA_BYTES or comment:
        raise _entry("its table of contents", f"declares {entries:,} entries in {size:,} bytes")
    if tail.startswith(b"PK\x06\x07"):
        raise _entry("its table of contents", "is of the kind for files past 4 GiB")


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.orig_filename for entry in entries]
    if "saved_model.pb" in {name.rsplit("/", 1)[-1] for name in names}:
        raise NotKeras("a zipped SavedModel")
    if any(name.endswith(("/data.pkl", ".pkl")) for name in names):
        raise NotKeras("a file of PyTorch, or another one with a pickle inside")
    missing = [name for name in (CONFIG, METADATA, WEIGHTS) if name not in names]
    if missing:
        raise NotKeras(f"a zip without {missing[0]}")
    for name in names:
        if names.count(name) > 1:
            raise _entry(name, "is there twice")
        if name not in (CONFIG, METADATA, WEIGHTS, OWN_ENTRY):
            raise _entry(
                name,
                f"is not allowed: a .keras file holds {CONFIG}, {METADATA} and {WEIGHTS} alone",
            )


def _check_entry(entry: zipfile.ZipInfo, most_bytes: int) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise _entry(entry.filename, "is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _entry(entry.filename, "is compressed in a way that Keras does not use")
    if entry.file_size > most_bytes:
        raise _entry(
            entry.filename, f"may have {most_bytes:,} bytes; it declares {entry.file_size:,}"
        )
    if entry.file_size > limits.EXPANSION * entry.compress_size + limits.EXPANSION_FLOOR:
        raise _entry(
            entry.filename,
            f"expands from {entry.compress_size:,} to {entry.file_size:,} bytes, like a zip bomb",
        )


def _check_places(stream: BinaryIO, entries: list[zipfile.ZipInfo], table: int) -> None:
    """Raise where entries overlap, say something else in place, or others' bytes stand between."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise _entry(entry.filename, "overlaps with another entry")
        if entry.header_offset > end + limits.METADATA_BYTES or (end == 0 and entry.header_offset):
            raise _entry(entry.filename, "stands behind bytes that belong to no entry")
        stream.seek(entry.header_offset)
        header = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
        name = stream.read(header[9])
        if header[0] != b"PK\x03\x04" or name != entry.orig_filename.encode():
            raise _entry(entry.filename, "is called otherwise where it stands")
        end = entry.header_offset + _LOCAL_HEADER.size + sum(header[9:]) + entry.compress_size
    if end > table:
        raise _entry("its table of contents", "overlaps with an entry")


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    size = archive.getinfo(name).file_size
    with archive.open(name) as stream:
        content = stream.read(size + 1)
    if len(content) != size:
        raise _entry(name, f"declares {size:,} bytes and has another number of them")
    return content


def rewritten(config: bytes, weights: bytes) -> io.BytesIO:
    """Return a file of these alone, as Keras reads it: what was not checked is not in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(CONFIG, config)
        archive.writestr(METADATA, "{}")
        archive.writestr(WEIGHTS, weights)
    stream.seek(0)
    return stream


def _entry(name: str, fault: str) -> ForeignRefused:
    shown = name.encode("unicode_escape").decode()[:80]
    return ForeignRefused("entry_not_allowed", f"The entry {shown} {fault}.")
