"""Tables as people and programs write them, line by line: none is held as a whole.

Commas, semicolons, tabs or bars; UTF-8, UTF-16 with its mark or a code page; with empty lines, and
a first line of Excel's own (`sep=;`).
"""

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterator, Sequence

from common.codepages import is_utf8

MAX_BYTES = 64 << 20
# A line becomes some 600 bytes of objects: so many are 170 MiB. An archive holds fewer files.
MOST_LINES = 300_000
SEPARATORS = ",;\t|"
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Row = tuple[int, list[str]]


class NotTable(ValueError):
    """The bytes are no table, or one that is too long; its text ends the sentence “labels.csv …”"""


def needs_code_page(content: bytes) -> bool:
    """Whether the table is neither UTF-8 nor UTF-16 with its mark, so that letters are a guess."""
    return not content.startswith(_BOMS) and not is_utf8(content)


def csv_rows(
    content: bytes,
    encoding: str = "",
    *,
    most: int = MOST_LINES,
    fits: Callable[[Sequence[str]], bool] = lambda columns: False,
) -> Iterator[Row]:
    """Yield the lines that hold anything, each with its number.

    `encoding` is the code page of a table that needs one; `fits` says whether the columns of the
    first line, as one separator gives them, are those that are looked for. Raises `NotTable`.
    """
    lines = _lines(content, encoding)
    before, first = [], ""
    for line in lines:
        before.append(line)
        if first := line.strip("\r\n"):
            break
    separator, skipped = _separator(first, fits)
    reader = csv.reader(
        itertools.chain(before, lines), delimiter=separator, skipinitialspace=separator != "\t"
    )
    found = (row for row in _numbered(reader) if any(value.strip() for value in row[1]))
    for number, row in enumerate(itertools.islice(found, skipped, None)):
        if number > most:
            raise NotTable(f"may have {most:,} lines; this one has more")
        yield row


def _numbered(reader) -> Iterator[Row]:
    while True:
        try:
            yield reader.line_num + 1, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise NotTable(f"cannot be read at line {reader.line_num}: {error}") from None


def _lines(content: bytes, encoding: str) -> Iterator[str]:
    page = "utf-8-sig"
    if content.startswith(_BOMS):
        page = "utf-16"
    elif encoding and needs_code_page(content):
        page = encoding
    try:
        for line in io.TextIOWrapper(io.BytesIO(content), encoding=page, newline=""):
            if "\0" in line:
                raise NotTable("is not UTF-8 text: it holds NUL bytes")
            yield line
    except UnicodeDecodeError:
        raise NotTable(f"is not {encoding or 'UTF-8'} text") from None


def _separator(first: str, fits: Callable[[Sequence[str]], bool]) -> tuple[str, int]:
    """Return what stands between values, and how many lines to leave out before the header."""
    if first[:4].casefold() == "sep=" and len(first) == 5:
        return first[4], 1
    fitting = [
        separator
        for separator in SEPARATORS
        if fits([name.strip().strip('"') for name in first.split(separator)])
    ]
    return (fitting or [max(SEPARATORS, key=first.count)])[0], 0
