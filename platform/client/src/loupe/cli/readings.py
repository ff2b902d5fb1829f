"""An archive that can be read in several ways: what each makes of it, and a person's choice."""

from __future__ import annotations

import shlex
import sys
from typing import Any

from loupe.cli.output import remark
from loupe.client import Loupe
from loupe.datasets import Import
from loupe.errors import NeedsConfirmation

_MOST_CLASSES = 20
_MOST_NAMES = 3


def choose(client: Loupe, error: NeedsConfirmation) -> Import:
    """Let the person choose one of the readings; without a terminal the error goes on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise error
    remark("This archive can be read in several ways:")
    for number, reading in enumerate(error.readings, 1):
        remark(f"  {number}  {reading['title']}")
        _tell_facts(reading)
    most = len(error.readings)
    answer = "0"
    while not (answer.isdigit() and 1 <= int(answer) <= most):
        print(f"Which one (1 to {most})? ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise error
        answer = line.strip()
    reading = error.readings[int(answer) - 1]
    source = client.import_(error.import_id)
    source.confirm(reading["layout"], encoding=reading["encoding"] or "")
    return source


def tell_choices(error: NeedsConfirmation, url: str | None) -> None:
    """Say with which command each reading is chosen; `url` is what the person said by --url."""
    remark(
        "This archive can be read in several ways. Nothing was imported so far. It waits for a "
        "week; choose one, without another upload:"
    )
    for reading in error.readings:
        command = ["loupe", "push", "--confirm", error.import_id, "--layout", reading["layout"]]
        command += ["--encoding", reading["encoding"]] if reading["encoding"] else []
        command += ["--url", url] if url else []
        remark(f"  {shlex.join(command)}")
        remark(f"      {reading['title']}")
        _tell_facts(reading)


def _tell_facts(reading: dict[str, Any]) -> None:
    """Say what would come in, what would not, and what is to be known."""
    facts = {
        "images": f"{reading['images']:,}",
        "splits": _counted(reading["splits"]),
        "without a class": f"{reading['unlabelled']:,}" if reading["unlabelled"] else "",
        "files left out": f"{reading['ignored']:,}" if reading["ignored"] else "",
        "names in": reading["encoding"] or "",
    }
    remark("      " + "; ".join(f"{name}: {value}" for name, value in facts.items() if value))
    if reading["classes"]:
        more = reading["class_count"] - _MOST_CLASSES
        rest = f" and {more:,} more" if more > 0 else ""
        remark(f"      classes: {_counted(reading['classes'][:_MOST_CLASSES])}{rest}")
    if reading["encoding"]:
        remark(f"      names: {', '.join(reading['examples'][:_MOST_NAMES])}")
    if reading["note"]:
        remark(f"      {reading['note']}")


def _counted(entries: list[dict[str, Any]]) -> str:
    return ", ".join(f"{each['name']} {each['count']:,}" for each in entries)
