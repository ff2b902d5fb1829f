"""Finding out which tool an archive comes from, and reading what its files say."""

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from datasets.archive.json_parts import NotDocument, NotJson, parts
from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.readings import AZURE, DATUMARO, IMAGENET, LABEL_STUDIO, VERTEX
from datasets.archive.tools import (
    azure_custom_vision,
    datumaro,
    imagenet_lists,
    label_studio,
    vertex_ai,
)
from datasets.archive.tools.documents import documents, file_of, first_document, text_of, unreadable
from datasets.archive.tools.export import Export, sentences, too_many
from datasets.archive.tools.files import Files, look_into, passed_over
from datasets.archive.tools.in_tables import (
    README_BYTES,
    in_annotations,
    in_buckets,
    in_metadata,
)
from datasets.errors import ArchiveRefused

MAX_JSON_BYTES = 512 << 20
COCO_LIKE = "coco"
_PARTS_LOOKED_AT = 2_000
_NAMED = 3


def find_export(files: Files, encoding: str) -> Export | None:
    """Return what the first tool says whose files are there; None where there are none.

    `encoding` is the code page of a table that needs one. Raises `ArchiveRefused` for files that
    are a tool's and cannot be read, or hold no classes of whole images.
    """
    for find in (
        _in_json, _in_json_lines, _in_lists, in_annotations, in_buckets, in_metadata,
    ):  # fmt: skip
        if export := find(files, encoding):
            export.notes += files.unread[:_NAMED]
            return export
    return None


def kind_of(entries: Iterator[tuple[str, Any]]) -> str:
    """Return the layout that a JSON document is of, '' for none that is known.

    Raises `NotJson` and `ArchiveRefused` for one that cannot be read so far.
    """
    try:
        for key, value in islice(entries, _PARTS_LOOKED_AT):
            if key == "" and label_studio.is_task(value):
                return LABEL_STUDIO
            if key in ("", "images") and azure_custom_vision.is_image(value):
                return AZURE
            if datumaro.is_datumaro(key, value):
                return DATUMARO
            if _is_coco(key, value):
                return COCO_LIKE
            if key == "":
                return ""
    except NotDocument:
        pass
    return ""


def _kind(files: Files, member: Member) -> str:
    try:
        return kind_of(parts(files.contents.chunks(member)))
    except (NotJson, ArchiveRefused) as error:
        files.note_unread(member, error)
        return ""


def coco_files(files: Files) -> tuple[list[Member], str]:
    """Return the files that hold COCO, whatever they are called; a sentence on unopened ones."""
    members = files.ending(".json")
    found = [m for m, kind in look_into(members, lambda m: _kind(files, m)) if kind == COCO_LIKE]
    return found, passed_over(members) if found else ""


def _is_coco(key: str, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return (key == "images" and {"id", "file_name"} <= value.keys()) or (
        key == "annotations" and {"image_id", "category_id"} <= value.keys()
    )


def _in_json(files: Files, encoding: str) -> Export | None:
    kinds: dict[str, list[Member]] = {}
    members = files.ending(".json")
    for member, kind in look_into(members, lambda m: _kind(files, m)):
        kinds.setdefault(kind, []).append(member)
    for layout, tool, read in _OF_JSON:
        if tables := kinds.get(layout):
            export = Export(tool, layout, tables, [])
            for table in tables:
                labels, notes = _read_json(files, table, read)
                files.add(export, table, labels)
                export.notes += [note for note in notes if note not in export.notes]
            export.notes += sentences(passed_over(members))
            return export
    return None


def _read_json(
    files: Files, table: Member, read: Callable[[Member, Any], tuple[list[Label], list[str]]]
) -> tuple[list[Label], list[str]]:
    if table.size > MAX_JSON_BYTES:
        raise ArchiveRefused(
            f"“{table.name}” may have up to {MAX_JSON_BYTES >> 20} MiB; "
            f"it has {table.size / (1 << 20):,.0f} MiB.",
            code="table_too_large",
            hint="Split the export into several archives.",
        )
    entries = parts(files.contents.chunks(table))
    try:
        return read(table, _bounded(files, table, entries))
    except NotJson as error:
        raise unreadable(table, error) from None


def _bounded(
    files: Files, table: Member, entries: Iterator[tuple[str, Any]]
) -> Iterator[tuple[str, Any]]:
    for number, entry in enumerate(entries):
        if number > files.most:
            raise too_many(table, files.most)
        yield entry


def _of_array(
    read: Callable[[Member, Iterator[Any]], tuple[list[Label], list[str]]], *keys: str
) -> Callable[[Member, Iterator[tuple[str, Any]]], tuple[list[Label], list[str]]]:
    """Return a reader of the entries under these keys; "" are those of an array."""
    return lambda table, entries: read(table, (value for key, value in entries if key in keys))


_OF_JSON: tuple[tuple[str, str, Callable[..., tuple[list[Label], list[str]]]], ...] = (
    (LABEL_STUDIO, label_studio.TOOL, _of_array(label_studio.read, "")),
    (AZURE, azure_custom_vision.TOOL, _of_array(azure_custom_vision.read, "", "images")),
    (DATUMARO, datumaro.TOOL, datumaro.read),
)


def _in_json_lines(files: Files, encoding: str) -> Export | None:
    members = files.ending(".jsonl", ".json")
    found = look_into(members, lambda m: vertex_ai.is_document(first_document(files, m)))
    if not found:
        return None
    tables = [table for table, _ in found]
    export = Export(vertex_ai.TOOL, VERTEX, tables, [], sentences(passed_over(members)))
    for table in tables:
        read = vertex_ai.read_documents(table, documents(files, table))
        files.add(export, table, read)
    return export


def _in_lists(files: Files, encoding: str) -> Export | None:
    texts = files.ending(".txt")
    named = [m for m in texts if file_of(m) == imagenet_lists.CLASSES_FILE]
    if len(named) != 1 or named[0].size > README_BYTES:
        return None
    classes = imagenet_lists.class_names(text_of(files.contents.read(named[0])))
    folder = named[0].name.rpartition("/")[0]
    beside = [m for m in texts if m not in named and m.name.rpartition("/")[0] == folder]
    found = look_into(beside, lambda m: imagenet_lists.is_list(text_of(files.head(m))))
    if not classes or not found:
        return None
    lists = [table for table, _ in found]
    notes = sentences(passed_over(beside))
    export = Export(imagenet_lists.TOOL, IMAGENET, [*named, *lists], [], notes)
    for table in lists:
        text = io.TextIOWrapper(io.BytesIO(files.table(table)), "utf-8-sig", errors="replace")
        files.add(export, table, imagenet_lists.read(table.name, text, classes))
    return export
