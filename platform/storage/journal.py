"""What moves of durable files write down: what was compared, and which move was the last to end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """A file that lay in both places and was the same.

    `modified` is the source's, `arrived` the target's time; both count only for files that may get
    another content (`storage.names.is_written_once`), `arrived` is 0 for others.
    """

    name: str
    bytes: int
    modified: float
    arrived: float
    sha256: str


class Journal:
    """What has been compared, a line of JSON each; a line that was cut off counts for nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries: dict[str, Entry] = {}
        written = path.read_text() if path.is_file() else ""
        if not written.endswith("\n") and written:
            path.write_text(f"{written}\n")
        for line in written.splitlines():
            try:
                entry = Entry(*json.loads(line))
            except (ValueError, TypeError):
                continue
            self.entries[entry.name] = entry

    def add(self, entry: Entry) -> None:
        """Write down one more."""
        self.entries[entry.name] = entry
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as stream:
            stream.write(f"{json.dumps(entry)}\n")


class LastMove:
    """Which way the last move went that was finished, and when (UTC)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def when(self, to: str) -> str:
        """Return when it ended, empty where it went the other way or there was none."""
        said = self._path.read_text().split() if self._path.is_file() else []
        return said[1] if len(said) == 2 and said[0] == to else ""

    def note(self, to: str) -> None:
        """Write down that a move has ended now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(f"{to} {datetime.now(UTC):%Y-%m-%dT%H:%MZ}\n")
        part.replace(self._path)
