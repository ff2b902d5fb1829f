"""Exports that are tables: annotations, addresses of a bucket, what stands beside images."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from common.codepages import likely_code_pages
from datasets.archive.csv_rows import NotTable, Row, csv_rows, needs_code_page
from datasets.archive.member import Member
from datasets.archive.readings import HUGGING_FACE, LABEL_STUDIO, VERTEX
from datasets.archive.tools import hugging_face, label_studio, vertex_ai
from datasets.archive.tools.documents import documents, file_of, first_document, text_of
from datasets.archive.tools.export import Export, sentences
from datasets.archive.tools.files import Files, look_into, passed_over
from datasets.errors import ArchiveRefused

README_BYTES = 1 << 20
_FIRST_ROWS = 5


def in_annotations(files: Files, encoding: str) -> Export | None:
    """Return what tables of Label Studio say, with a line for each annotation."""
    members = files.ending(".csv", ".tsv")
    found = look_into(members, lambda m: label_studio.is_header(_header(files, m)))
    if not found:
        return None
    tables = [table for table, _ in found]
    export = Export(label_studio.TOOL, LABEL_STUDIO, tables, [], sentences(passed_over(members)))
    for table in tables:
        labels, notes = label_studio.read_lines(table, _by_column(files, table, encoding, export))
        files.add(export, table, labels)
        export.notes += [note for note in notes if note not in export.notes]
    return export


def _header(files: Files, table: Member) -> list[str]:
    first = first_rows(files, table, 1)
    return [name.strip() for name in first[0][1]] if first else []


def _by_column(
    files: Files, table: Member, encoding: str, export: Export
) -> Iterator[dict[str, Any]]:
    rows = table_rows(files, table, encoding, export)
    header = [name.strip() for name in next(rows, (0, []))[1]]
    for _, row in rows:
        yield dict(zip(header, row, strict=False))


def in_buckets(files: Files, encoding: str) -> Export | None:
    """Return what tables of Vertex AI say, whose images have addresses of a bucket."""
    members = files.ending(".csv")
    found = look_into(
        members,
        lambda m: any(vertex_ai.is_line(row) for _, row in first_rows(files, m, _FIRST_ROWS)),
    )
    if not found:
        return None
    tables = [table for table, _ in found]
    export = Export(vertex_ai.TOOL, VERTEX, tables, [], sentences(passed_over(members)))
    for table in tables:
        rows = table_rows(files, table, encoding, export)
        files.add(export, table, vertex_ai.read_lines(table, rows))
    return export


def in_metadata(files: Files, encoding: str) -> Export | None:
    """Return what Hugging Face's tables beside the images say."""
    members = [m for m in files.ending(*hugging_face.TABLES) if file_of(m) in hugging_face.TABLES]
    tables = [table for table, _ in look_into(members, lambda m: _has_file_names(files, m))]
    if not tables:
        return None
    export = Export(hugging_face.TOOL, "", tables, [], sentences(passed_over(members)))
    names = _class_names(files)
    for table in tables:
        rows = _as_documents(files, table, encoding, export)
        labels, notes, has_classes = hugging_face.read(table, rows, names)
        files.add(export, table, labels)
        export.notes += [note for note in notes if note not in export.notes]
        # Without a column of classes the folders name them, and the table only describes.
        export.layout = HUGGING_FACE if has_classes else export.layout
    return export


def _has_file_names(files: Files, table: Member) -> bool:
    if table.name.casefold().endswith(".csv"):
        return hugging_face.FILE in _header(files, table)
    document = first_document(files, table)
    return isinstance(document, dict) and hugging_face.FILE in document


def _as_documents(
    files: Files, table: Member, encoding: str, export: Export
) -> Iterator[dict[str, Any]]:
    if not table.name.casefold().endswith(".csv"):
        yield from (one for one in documents(files, table) if isinstance(one, dict))
        return
    yield from _by_column(files, table, encoding, export)


def _class_names(files: Files) -> dict[str, str]:
    for member in files.ending(".md"):
        if file_of(member) == hugging_face.README and member.size <= README_BYTES:
            return hugging_face.label_names(text_of(files.contents.read(member)))
    return {}


def table_rows(files: Files, table: Member, encoding: str, export: Export) -> Iterator[Row]:
    """Yield the lines of a table in the code page that is asked for or likeliest.

    Sets those that come into question at `export`. Raises `ArchiveRefused`.
    """
    content = files.table(table)
    if needs_code_page(content):
        export.encodings = export.encodings or likely_code_pages([content])
        export.encoding = encoding or export.encodings[0]
    try:
        yield from csv_rows(content, export.encoding, most=files.most)
    except NotTable as error:
        raise ArchiveRefused(f"“{table.name}” {error}.", code="bad_table") from None


def first_rows(files: Files, table: Member, most: int) -> list[Row]:
    """Return the first lines of a table, none of a file that is no table."""
    found: list[Row] = []
    try:
        for row in islice(csv_rows(files.head(table), "latin-1"), most):
            found.append(row)
    except (NotTable, ArchiveRefused):
        pass
    return found
