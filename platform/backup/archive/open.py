"""An archive that came from somewhere: what it says is checked before a row or a file is taken."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.db.models import Model

from backup.archive.contents import MODELS, schema_of_contents
from backup.archive.files import parts_of
from backup.archive.write import FORMAT
from backup.errors import Refused

_BLOCK_BYTES = 1 << 20
_MOST_JSON_BYTES = 64 << 20
# Answers of a report are one value of a row.
_LONGEST_LINE = 256 << 20
_FIXED = ("manifest.json", "people.json", "files.jsonl")


class Listed(NamedTuple):
    """A durable file of an archive."""

    name: str
    sha256: str
    bytes: int

    @property
    def parts(self) -> dict[str, Any]:
        """What its name says."""
        return parts_of(self.name) or {}


class Archive:
    """An archive whose table, manifest and list of files are as they must be."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self._require_entries()
        manifest = self._json("manifest.json")
        if manifest.get("format") != FORMAT:
            raise Refused(
                f"The archive has the format {manifest.get('format')}; this Loupe reads {FORMAT}."
            )
        if manifest.get("schema") != schema_of_contents():
            raise Refused(
                f"Loupe {str(manifest.get('loupe'))[:80]} wrote the archive, whose rows are other "
                "than this one's: upgrade there or here, then export again."
            )
        self.organization = str(manifest["organization"])[:120]
        self._hashes: dict[str, str] = manifest["sha256"]
        self._columns = {
            label: [str(each) for each in table["columns"]]
            for label, table in manifest["tables"].items()
        }
        self._require_hash("people.json")
        self._require_hash("files.jsonl")
        self.people = {str(pk): str(name) for pk, name in self._json("people.json").items()}
        self.files = list(self._listed())
        self._require_files()

    @property
    def size(self) -> int:
        """What its files and rows take once they are unpacked, in bytes."""
        return sum(info.file_size for info in self._zip.infolist())

    def columns(self, model: type[Model]) -> list[str]:
        """Return the names of the values of a model's rows, none without such rows."""
        return self._columns.get(model._meta.label, [])

    def rows(self, model: type[Model]) -> Iterator[list[Any]]:
        """Yield the rows of a model; raises `Refused` for one that is none, and for another hash
        at the end."""
        entry = f"rows/{model._meta.label}.jsonl"
        if entry not in self._hashes:
            return
        digest, count = hashlib.sha256(), len(self.columns(model))
        with self._zip.open(entry) as stream:
            while line := stream.readline(_LONGEST_LINE):
                digest.update(line)
                row = _parsed(line, entry)
                if not isinstance(row, list) or len(row) != count:
                    raise Refused(f"{entry} has a line that is no row.")
                yield row
        if digest.hexdigest() != self._hashes[entry]:
            raise Refused(f"{entry} is damaged.")

    def named_rows(self, model: type[Model]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a model by the names of their columns; raises as `rows` does."""
        columns = self.columns(model)
        return (dict(zip(columns, row, strict=True)) for row in self.rows(model))

    def blocks(self, file: Listed) -> Iterator[bytes]:
        """Yield a file's content; raises `Refused` at the end where it is another than listed."""
        with self._zip.open(f"files/{file.name}") as stream:
            yield from _checked(stream, file.sha256, file.name)

    def _require_entries(self) -> None:
        names = [info.filename for info in self._zip.infolist()]
        allowed = {*_FIXED, *(f"rows/{model._meta.label}.jsonl" for model in MODELS)}
        strange = [
            name
            for name in names
            if name not in allowed
            and not (name.startswith("files/") and parts_of(name.removeprefix("files/")))
        ]
        if strange:
            raise Refused(f"{strange[0][:100]!r} does not belong into an archive of Loupe.")
        if len(set(names)) != len(names):
            raise Refused("The archive has two entries of one name.")
        if missing := [name for name in _FIXED if name not in names]:
            raise Refused(f"This is no archive of Loupe: it has no {missing[0]}.")

    def _require_files(self) -> None:
        names = {f"files/{file.name}" for file in self.files}
        there = {each for each in self._zip.namelist() if each.startswith("files/")}
        if names != there or len(names) != len(self.files):
            raise Refused("The archive's files are not those of its list.")
        for file in self.files:
            if file.parts.get("blob", file.sha256) != file.sha256:
                raise Refused(f"{file.name} is listed with another hash than its name's.")
            if self._zip.getinfo(f"files/{file.name}").file_size != file.bytes:
                raise Refused(f"{file.name} has another size than its list says.")

    def _listed(self) -> Iterator[Listed]:
        with self._zip.open("files.jsonl") as stream:
            while line := stream.readline(2_000):
                values = _parsed(line, "files.jsonl")
                if not isinstance(values, list) or list(map(type, values)) != [str, str, int]:
                    raise Refused("files.jsonl has a line that is no file.")
                yield Listed(*values)

    def _json(self, name: str) -> Any:
        if self._zip.getinfo(name).file_size > _MOST_JSON_BYTES:
            raise Refused(f"{name} is longer than {_MOST_JSON_BYTES:,} bytes.")
        value = _parsed(self._zip.read(name), name)
        if not isinstance(value, dict):
            raise Refused(f"{name} is no JSON object.")
        return value

    def _require_hash(self, name: str) -> None:
        with self._zip.open(name) as stream:
            for _ in _checked(stream, self._hashes.get(name, ""), name):
                pass


def open_archive(path: Path) -> Archive:
    """Open an archive; the caller reads it to its end. Raises `Refused`."""
    try:
        return Archive(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise Refused(f"{path} cannot be read: {error}.") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path} has a manifest that is none: {error!r}.") from error


def _checked(stream: IO[bytes], sha256: str, name: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
        yield block
    if digest.hexdigest() != sha256:
        raise Refused(f"{name} is damaged.")


def _parsed(text: bytes, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name} holds what is no JSON: {error}.") from error
