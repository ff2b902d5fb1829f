"""`labels.csv`: one line per file, with its class, its split and anything else worth keeping.

Written by people in spreadsheets, with empty columns and lines behind what was filled in.
"""

import unicodedata
from collections.abc import Sequence

from common.spreadsheets import text_of
from datasets.archive.csv_rows import MOST_LINES, NotTable, csv_rows
from datasets.archive.labels import Label
from datasets.archive.names import clean_class_name, split_of_folder
from datasets.errors import ArchiveRefused

NAME = "labels.csv"
REQUIRED = ("file", "class_name")
MAX_METADATA_COLUMNS = 50
MAX_COLUMN_CHARACTERS = 80
MAX_VALUE_CHARACTERS = 500


class OtherColumns(ArchiveRefused):
    """A labels.csv without the columns that make it Loupe's: perhaps another tool's."""


def parse(content: bytes, encoding: str = "", most: int = MOST_LINES) -> list[Label]:
    """Return the lines of a labels.csv: a header with `file` and `class_name`, a line per file.

    An apostrophe before what a spreadsheet would run, as downloads have it, is no part of a cell.
    `encoding` is the code page of a table that needs one. Raises `ArchiveRefused`
    (`bad_labels_csv`) for a file that cannot be read as such a table, or has over `most` lines.
    """
    try:
        rows = csv_rows(content, encoding, most=most, fits=_has_required)
        _, columns = next(rows, (0, []))
        header = [text_of(column.strip()) for column in columns]
        while header and not header[-1]:
            header.pop()
        header = [_required_name(column) for column in header]
        _check_header(header)
        return [_label(header, line, row) for line, row in rows]
    except NotTable as error:
        raise _refused(str(error)) from None


def _has_required(columns: Sequence[str]) -> bool:
    names = [_required_name(column) for column in columns]
    return all(required in names for required in REQUIRED)


def _required_name(column: str) -> str:
    lowered = column.casefold()
    return lowered if lowered in (*REQUIRED, "split") else column


def _check_header(header: list[str]) -> None:
    for required in REQUIRED:
        if required not in header:
            raise _refused(
                "needs the columns file and class_name; "
                f"received {', '.join(filter(None, header))[:200] or 'none'}",
                OtherColumns,
            )
    twice = sorted({column for column in header if column and header.count(column) > 1})
    if twice:
        raise _refused(f"names a column twice: {', '.join(twice)[:200]}")
    if longest := [column for column in header if len(column) > MAX_COLUMN_CHARACTERS]:
        raise _refused(
            f"may have names of columns of {MAX_COLUMN_CHARACTERS} characters; "
            f"“{longest[0][:40]}…” has {len(longest[0])}"
        )
    if len(header) > MAX_METADATA_COLUMNS + 3:
        raise _refused(f"may have {MAX_METADATA_COLUMNS} metadata columns at most")


def _label(header: list[str], line: int, row: list[str]) -> Label:
    values = {
        name: text_of(value.strip()) for name, value in zip(header, row, strict=False) if name
    }
    name = unicodedata.normalize("NFC", values.pop("file", "").replace("\\", "/"))
    label = Label(file=name.removeprefix("./"))
    nameless = [
        n for n, value in enumerate(row) if value.strip() and not "".join(header[n : n + 1])
    ]
    if nameless:
        label.problem = (
            "unnamed_column",
            f"Line {line} has a value in column {nameless[0] + 1}, which has no name.",
        )
    raw_class = values.pop("class_name", "")
    if raw_class:
        try:
            label.class_name = clean_class_name(raw_class)
        except ValueError as error:
            label.problem = ("bad_class_name", str(error))
    raw_split = values.pop("split", "")
    if raw_split:
        label.split = split_of_folder(raw_split) or ""
        if not label.split:
            label.problem = (
                "unknown_split",
                f"The split may be train, validation or test; received “{raw_split[:40]}”.",
            )
    label.says_split = "split" in header
    label.metadata = {key: value for key, value in values.items() if value}
    for column, value in label.metadata.items():
        if len(value) > MAX_VALUE_CHARACTERS:
            label.problem = (
                "metadata_too_long",
                f"Line {line} has {len(value):,} characters in “{column}”; "
                f"{MAX_VALUE_CHARACTERS} are allowed.",
            )
    return label


def _refused(what: str, kind: type[ArchiveRefused] = ArchiveRefused) -> ArchiveRefused:
    return kind(
        f"labels.csv {what}.",
        code="bad_labels_csv",
        hint="Write it as UTF-8 with the header file,class_name and one line per image.",
    )
