"""A document as Markdown (CommonMark with tables), in which no text of people's does anything.

A class may be called `<img onerror=…>`, `| x` or by backticks: it reads as it was typed, in tables
too, and makes no element, no column and no link.
"""

import re
from collections.abc import Iterable, Iterator
from functools import singledispatch

from common.documents.parts import (
    Cell,
    Document,
    Elsewhere,
    Facts,
    Items,
    Statement,
    Table,
    Words,
    text_of,
)

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# What begins or ends something inside of a line.
_INLINE = re.compile(r"([\\`*_\[\]|~$])")
# What GitHub makes a link of by itself.
_LINKS = re.compile(r":(?=//)|(?<=[wW]{3})\.|@")
# What ends a heading.
_CLOSING = re.compile(r"#$")
# Marks that turn the direction of what stands beside them.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What begins a block at the start of a line.
_BLOCK = re.compile(r"^(#|[-+=]|\d{1,9}(?=[.)]))")


def escaped(text: str) -> str:
    """Return text for one line of Markdown, or a cell: line breaks become spaces."""
    line = " ".join(_TURNS.sub("", text).split())
    line = _INLINE.sub(r"\\\1", line.translate(_ENTITIES))
    line = _CLOSING.sub(r"\\#", line)
    return _LINKS.sub(lambda found: f"&#{ord(found[0])};", line)


def escaped_line(text: str) -> str:
    """Return text for the beginning of a line: it starts no heading, list or rule."""
    line = escaped(text)
    found = _BLOCK.match(line)
    if found is None:
        return line
    end = found.end()
    return f"{line[:end]}\\{line[end:]}" if found[0][0].isdigit() else f"\\{line}"


def as_markdown(document: Document) -> str:
    """Return the document as a Markdown file."""
    lines = [
        f"# {escaped(document.title)}",
        "",
        escaped_line(document.about),
        "",
        f"{escaped(document.gaps_left)}. Facts as of {document.made_at:%d %B %Y, %H:%M} UTC, "
        "written by Loupe.",
    ]
    if document.notice:
        lines += ["", f"**{escaped(document.notice)}**"]
    for section in document.sections:
        lines += ["", f"## {escaped(section.title)}"]
        for part in section.parts:
            lines += ["", *_lines(part)]
    return "\n".join(lines) + "\n"


@singledispatch
def _lines(part: object) -> Iterable[str]:
    raise TypeError(f"{type(part).__name__} is no part of a document")


@_lines.register
def _words(part: Words) -> Iterable[str]:
    text = escaped_line(part.text)
    return [f"**Note:** {text}" if part.warning else text]


@_lines.register
def _facts(part: Facts) -> Iterable[str]:
    return [f"- **{escaped(label)}:** {_cell(value)}" for label, value in part.rows]


@_lines.register
def _items(part: Items) -> Iterable[str]:
    return [f"- {escaped_line(each)}" for each in part.items]


@_lines.register
def _table(part: Table) -> Iterator[str]:
    if part.title:
        yield from (f"### {escaped(part.title)}", "")
    yield _row(part.columns)
    yield _row("--:" if number else "---" for _, number in part.heads)
    for row in part.rows:
        yield _row(map(_cell, row))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return escaped(text_of(cell)) or "–"


@_lines.register
def _statement(part: Statement) -> Iterator[str]:
    yield from (f"### {escaped(part.title)}", "")
    if not part.text:
        yield f"*To be filled in by a person: {escaped(part.ask)}*"
        return
    if part.carried_from:
        yield (
            f"*Carried over from {escaped(part.carried_from)}: a proposal, to be confirmed by a "
            "person.*"
        )
        yield ""
    for number, lines in enumerate(part.paragraphs):
        if number:
            yield ""
        # Two spaces at the end of a line keep its break.
        yield "  \n".join(map(escaped_line, lines))
    if part.by and part.at:
        yield ""
        yield f"*{escaped(part.by)}, {part.at:%d %B %Y}*"


@_lines.register
def _elsewhere(part: Elsewhere) -> Iterable[str]:
    return [f"*To be filled in by a person: {escaped(part.ask)}*"]
