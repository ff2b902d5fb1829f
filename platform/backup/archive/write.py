"""One organization, or some of its datasets, as a file that another installation takes.

    rows/<app>.<Model>.jsonl   a list of values a line, in the order of the manifest's columns
    people.json                {id: user name} of those whom rows name
    files/<name>               durable files, by their names
    files.jsonl                [name, SHA-256, bytes] a line
    manifest.json              {format, loupe, made_at, organization, schema, tables, sha256}; the
                               last are the hashes of the above

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

from django.db.models import BinaryField, Model

from accounts.models import Organization, User
from backup.archive.contents import Contents, contents_of, schema_of_contents
from backup.archive.files import file_names
from backup.archive.values import to_json
from backup.dump_rows import one_moment
from backup.errors import Refused
from classifier.registry.services.code_version import code_version
from datasets.models import Dataset, Forgetting, Image
from storage import durable

FORMAT = 1
_ROWS = 5_000
_HEAVY_ROWS = 200


def write_archive(
    path: Path,
    *,
    organization: Organization,
    datasets: list[uuid.UUID] | None,
    say: Callable[[str], object],
) -> dict[str, int]:
    """Write datasets of an organization, or all that it has, to `path`; return counts by noun.

    Raises `Refused` where a file that rows need is gone or damaged, and while an image of these
    datasets is being forgotten; and `OSError`. Then there is no file.
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
    tables: dict[str, Any] = {}
    hashes: dict[str, str] = {}
    people: set[Any] = set()
    with one_moment():
        chosen = Dataset.objects.filter(organization=organization, deleted_at=None)
        if datasets is not None:
            chosen = chosen.filter(pk__in=datasets)
        contents = contents_of(organization, chosen, whole=datasets is None)
        _require_all_forgotten(contents)
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
        "schema": schema_of_contents(),
        "tables": tables,
        "sha256": hashes,
    }
    _put_json(archive, "manifest.json", manifest)
    return {label: table["rows"] for label, table in tables.items()}


def _require_all_forgotten(contents: Contents) -> None:
    half = contents[Image].exclude(forgetting=None).exclude(forgetting__in=contents[Forgetting])
    if (image := half.select_related("dataset").first()) is not None:
        raise Refused(
            f"An image of {image.dataset} is being forgotten, or that has failed: wait for its end."
        )


class _Lines:
    """The rows of one model as blocks of lines; counts them, and collects whom they name."""

    def __init__(self, rows: Any, model: type[Model], people: set[Any]) -> None:
        self.count = 0
        self._rows, self._people = rows, people
        self._fields = model._meta.concrete_fields
        # Answers of a report or an epoch are up to half a megabyte a row.
        heavy = any(isinstance(field, BinaryField) for field in self._fields)
        self._at_once = _HEAVY_ROWS if heavy else _ROWS
        self._of_people = [
            place for place, each in enumerate(self._fields) if each.related_model is User
        ]

    def __iter__(self) -> Iterator[bytes]:
        values = self._rows.order_by().values_list(*(field.attname for field in self._fields))
        for row in values.iterator(self._at_once):
            self.count += 1
            self._people.update(row[place] for place in self._of_people)
            line = [to_json(field, value) for field, value in zip(self._fields, row, strict=True)]
            yield f"{json.dumps(line)}\n".encode()


def _write_files(
    archive: zipfile.ZipFile, files: list[tuple[str, str | None]], say: Callable[[str], object]
) -> str:
    lines = io.StringIO()
    for number, (name, expected) in enumerate(files, 1):
        try:
            sha256, size = _put(archive, f"files/{name}", durable.blocks(name))
        except FileNotFoundError:
            if expected is not None:
                raise Refused(f"{name} is gone from the store, and rows need it.") from None
            continue
        if expected not in (None, sha256):
            raise Refused(f"{name} is damaged in the store: it is not what its row says.")
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
