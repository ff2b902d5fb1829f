"""What the commands print: lines and tables for people, JSON lines for programs.

Results go to standard output; bars and remarks go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

_FIRST_ROWS = 40
"""So many rows settle how wide the columns are."""


def plain(text: object) -> str:
    """Return text without what would steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def say(text: str) -> None:
    """Print a line of the result."""
    print(plain(text), flush=True)


def remark(text: str) -> None:
    """Print a line beside the result."""
    for line in text.splitlines() or [""]:
        print(plain(line), file=sys.stderr, flush=True)


def say_json(values: Any) -> None:
    """Print one JSON value on a line of its own."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


def say_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below their heads, as they come after the first; numbers stand to the right."""
    coming = ([plain(cell) for cell in row] for row in rows)
    first = list(islice(coming, _FIRST_ROWS))
    columns = range(len(head))
    numeric = [bool(first) and all(_is_number(row[n]) for row in first) for n in columns]
    widths = [max(len(row[n]) for row in [list(head), *first]) for n in columns]
    for row in chain([list(head)], first, coming):
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        print("  ".join(padded).rstrip(), flush=True)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").rstrip(" %").isdigit()


def percent(share: float | None) -> str:
    """Return a share for people."""
    return "–" if share is None else f"{share:.1%}"


def in_words(counts: dict[str, int]) -> str:
    """Return what became of an import's files, in words."""
    words = {
        "images_added": "added",
        "duplicates": "duplicates",
        "skipped": "skipped",
        "rejected": "rejected",
    }
    return ", ".join(f"{counts.get(name, 0):,} {word}" for name, word in words.items())
