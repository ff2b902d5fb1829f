"""One organization, or some of its datasets, as a file that another installation takes.

    rows/<app>.<Model>.jsonl   a list of values a line, in the order of the manifest's columns
    people.json                {id: user name} of those whom rows name
    files/<name>               durable files, by their names
    files.jsonl                [name, SHA-256, bytes] a line
    manifest.json              {format, loupe, made_at, organization, tables, sha256 of the above}

A zip, whose table comes last: a file that was cut off is none.
"""

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.db.models import Model

from accounts.models import Organization, User
from backup.archive.contents import contents_of
from backup.archive.files import file_names
from backup.archive.values import to_json
from backup.dump_rows import one_moment
from backup.errors import Refused
from classifier.registry.services.code_version import code_version
from datasets.models import Dataset
from storage import durable

FORMAT = 1
_ROWS = 5_000


def write_archive(
    path: Path,
    *,
    organization: Organization,
    datasets: list[uuid.UUID] | None,
    say: Callable[[str], object],
) -> dict[str, int]:
    """Write datasets of an organization, or all that it has, to `path`; return counts by noun.

    Raises `Refused` where a file is gone that rows need, and `OSError`; then there is no file.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        # Images and names of everyone: for the owner alone, whatever the umask is.
        temporary.touch(0o600, exist_ok=False)
        with zipfile.ZipFile(temporary, "w") as archive:
            counts = _write(archive, organization, datasets, say)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def _write(
    archive: zipfile.ZipFile,
    organization: Organization,
    datasets: list[uuid.UUID] | None,
    say: Callable[[str], object],
) -> dict[str, int]:
    tables, hashes, people = {}, {}, set()
    with one_moment():
        chosen = Dataset.objects.filter(organization=organization, deleted_at=None)
        if datasets is not None:
            chosen = chosen.filter(pk__in=datasets)
        contents = contents_of(organization, chosen, whole=datasets is None)
        for model, rows in contents.items():
            label = model._meta.label
            say(f"{label} …")
            columns = [field.attname for field in model._meta.concrete_fields]
            entry, lines = f"rows/{label}.jsonl", _Lines(rows, model, people)
            hashes[entry] = _put(archive, entry, lines, zipfile.ZIP_DEFLATED)[0]
            tables[label] = {"columns": columns, "rows": lines.count}
        names = {str(pk): name for pk, name in _names(people)}
        hashes["people.json"] = _put_json(archive, "people.json", names)
        files = list(file_names(contents))
    hashes["files.jsonl"] = _write_files(archive, files, say)
    manifest = {
        "format": FORMAT,
        "loupe": code_version(),
        "made_at": datetime.now(UTC).isoformat(),
        "organization": organization.name,
        "tables": tables,
        "sha256": hashes,
    }
    _put_json(archive, "manifest.json", manifest)
    return {label: table["rows"] for label, table in tables.items()}


class _Lines:
    """The rows of one model as blocks of lines; counts them, and collects whom they name."""

    def __init__(self, rows: Any, model: type[Model], people: set[Any]) -> None:
        self.count = 0
        self._rows, self._people = rows, people
        self._fields = model._meta.concrete_fields
        self._of_people = [
            place for place, each in enumerate(self._fields) if each.related_model is User
        ]

    def __iter__(self) -> Iterator[bytes]:
        values = self._rows.order_by().values_list(*(field.attname for field in self._fields))
        for row in values.iterator(_ROWS):
            self.count += 1
            self._people.update(row[place] for place in self._of_people)
            line = [to_json(field, value) for field, value in zip(self._fields, row, strict=True)]
            yield f"{json.dumps(line)}\n".encode()


def _write_files(
    archive: zipfile.ZipFile, files: list[tuple[str, bool]], say: Callable[[str], object]
) -> str:
    lines = io.StringIO()
    for number, (name, needed) in enumerate(files, 1):
        try:
            sha256, size = _put(archive, f"files/{name}", durable.blocks(name))
        except FileNotFoundError:
            if needed:
                raise Refused(f"{name} is gone from the store, and rows need it.") from None
            continue
        lines.write(f"{json.dumps([name, sha256, size])}\n")
        if number % _ROWS == 0:
            say(f"{number:,} of {len(files):,} files")
    return _put(archive, "files.jsonl", [lines.getvalue().encode()], zipfile.ZIP_DEFLATED)[0]


def _names(people: set[Any]) -> Iterator[tuple[Any, str]]:
    yield from User.objects.filter(pk__in=people - {None}).values_list("pk", "username")


def _put_json(archive: zipfile.ZipFile, name: str, value: Any) -> str:
    return _put(archive, name, [json.dumps(value, indent=1).encode()], zipfile.ZIP_DEFLATED)[0]


def _put(
    archive: zipfile.ZipFile, name: str, blocks: Any, method: int = zipfile.ZIP_STORED
) -> tuple[str, int]:
    """Write an entry; return its SHA-256 and size. The first block comes before the entry begins:
    a file that is gone leaves none."""
    blocks = iter(blocks)
    first = next(blocks, b"")
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = method
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as stream:
        for block in chain([first], blocks):
            stream.write(block)
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
