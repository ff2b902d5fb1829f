"""`labels.csv`: one line per file, with its class, its split and anything else worth keeping.

Written by people in spreadsheets: commas, semicolons or tabs; UTF-8, UTF-16 or a code page; with
empty columns and lines behind what was filled in.
"""

import codecs
import csv
import io
import unicodedata

from common.codepages import is_utf8
from common.spreadsheets import text_of
from datasets.archive.labels import Label
from datasets.archive.names import clean_class_name, split_of_folder
from datasets.errors import ArchiveRefused

NAME = "labels.csv"
REQUIRED = ("file", "class_name")
MAX_BYTES = 64 << 20
MAX_METADATA_COLUMNS = 50
MAX_COLUMN_CHARACTERS = 80
MAX_VALUE_CHARACTERS = 500
_SEPARATORS = ",;\t|"


def needs_code_page(content: bytes) -> bool:
    """Whether the table is neither UTF-8 nor UTF-16 with its mark, so that letters are a guess."""
    return not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not is_utf8(
        content
    )


def parse(content: bytes, encoding: str = "") -> list[Label]:
    """Return the lines of a labels.csv: a header with `file` and `class_name`, a line per file.

    An apostrophe before what a spreadsheet would run, as downloads have it, is no part of a cell.
    `encoding` is the code page of a table that needs one. Raises `ArchiveRefused`
    (`bad_labels_csv`) for a file that cannot be read as such a table.
    """
    rows = read_rows(content, encoding)
    header = [text_of(column.strip()) for column in rows[0][1]] if rows else []
    while header and not header[-1]:
        header.pop()
    header = [_required_name(column) for column in header]
    _check_header(header)
    return [_label(header, line, row) for line, row in rows[1:]]


def read_rows(content: bytes, encoding: str = "") -> list[tuple[int, list[str]]]:
    """Return the lines that hold anything, each with its number; raises `ArchiveRefused`."""
    text = _text(content, encoding)
    separator, skipped = _separator(text)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t"
    )
    try:
        rows = [(reader.line_num, row) for row in reader if any(value.strip() for value in row)]
    except csv.Error as error:
        raise _refused(f"cannot be read at line {reader.line_num}: {error}") from None
    return rows[skipped:]


def _text(content: bytes, encoding: str) -> str:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16")
        elif encoding and needs_code_page(content):
            text = content.decode(encoding)
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(f"is not {encoding or 'UTF-8'} text") from None
    if "\0" in text:
        raise _refused("is not UTF-8 text: it holds NUL bytes")
    return text


def _separator(text: str) -> tuple[str, int]:
    """Return what stands between values, and how many lines to leave out before the header.

    Excel writes a first line of its own, `sep=;`; otherwise the header tells by what it holds.
    """
    first = text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")
    if first[:4].casefold() == "sep=" and len(first) == 5:
        return first[4], 1
    columns = {
        separator: [_required_name(name.strip().strip('"')) for name in first.split(separator)]
        for separator in _SEPARATORS
    }
    fitting = [s for s, names in columns.items() if all(column in names for column in REQUIRED)]
    return (fitting or [max(_SEPARATORS, key=first.count)])[0], 0


def _required_name(column: str) -> str:
    lowered = column.casefold()
    return lowered if lowered in (*REQUIRED, "split") else column


def _check_header(header: list[str]) -> None:
    for required in REQUIRED:
        if required not in header:
            raise _refused(
                "needs the columns file and class_name; "
                f"received {', '.join(filter(None, header))[:200] or 'none'}"
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


def _refused(what: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"labels.csv {what}.",
        code="bad_labels_csv",
        hint="Write it as UTF-8 with the header file,class_name and one line per image.",
    )
