"""`labels.csv`: one line per file, with its class, its split and anything else worth keeping."""

import csv
import io
import unicodedata
from dataclasses import dataclass, field

from common.spreadsheets import text_of
from datasets.archive.names import clean_class_name, split_of_folder
from datasets.errors import ArchiveRefused

NAME = "labels.csv"
MAX_BYTES = 64 << 20
MAX_METADATA_COLUMNS = 50
MAX_COLUMN_CHARACTERS = 80
MAX_VALUE_CHARACTERS = 500


@dataclass
class Label:
    """What one line says about one file; `problem` is (code, sentence) of a line that says nonsense."""

    file: str
    class_name: str = ""
    split: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    problem: tuple[str, str] | None = None


def parse(content: bytes) -> list[Label]:
    """Return the lines of a labels.csv: UTF-8, a header with `file` and `class_name`, commas.

    An apostrophe before what a spreadsheet would run, as downloads have it, is no part of a cell.
    Raises `ArchiveRefused` (`bad_labels_csv`) for a file that cannot be read as such a table.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("is not UTF-8 text") from None
    if "\0" in text:
        raise _refused("is not UTF-8 text: it holds NUL bytes")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [text_of(column.strip()) for column in next(reader, [])]
        _check_header(header)
        return [_label(header, row) for row in reader if any(row)]
    except csv.Error as error:
        raise _refused(f"cannot be read at line {reader.line_num}: {error}") from None


def _check_header(header: list[str]) -> None:
    for required in ("file", "class_name"):
        if required not in header:
            raise _refused(
                f"needs the columns file and class_name; received {', '.join(header)[:200] or 'none'}"
            )
    if len(set(header)) != len(header):
        raise _refused("names a column twice")
    if len(header) > MAX_METADATA_COLUMNS + 3:
        raise _refused(f"may have {MAX_METADATA_COLUMNS} metadata columns at most")


def _label(header: list[str], row: list[str]) -> Label:
    values = dict(zip(header, (text_of(value.strip()) for value in row), strict=False))
    name = unicodedata.normalize("NFC", values.pop("file", "").replace("\\", "/"))
    label = Label(file=name.removeprefix("./"))
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
    label.metadata = {
        key[:MAX_COLUMN_CHARACTERS]: value[:MAX_VALUE_CHARACTERS]
        for key, value in values.items()
        if key and value
    }
    return label


def _refused(what: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"labels.csv {what}.",
        code="bad_labels_csv",
        hint="Write it as UTF-8 with the header file,class_name and one line per image.",
    )
