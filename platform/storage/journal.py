"""What moves of durable files write down: what was compared, and which move was the last to end."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

# What a move that is killed compares again.
_AT_ONCE = 32
_TABLE = (
    "CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL,"
    " modified REAL NOT NULL, arrived REAL NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID"
)


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
    """What has been compared: a table on disk, since two million entries would fill a gigabyte."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new: list[Entry] = []

    def entries(self, names: Sequence[str]) -> dict[str, Entry]:
        """Return what is written down of them, by name."""
        if not self._path.is_file():
            return {}
        with self._opened() as connection:
            one = "SELECT * FROM entries WHERE name = ?"
            rows = (connection.execute(one, (name,)).fetchone() for name in names)
            return {row[0]: Entry(*row) for row in rows if row}

    def add(self, entry: Entry) -> None:
        """Write down one more, at the latest when there are some."""
        self._new.append(entry)
        if len(self._new) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write down all that was added."""
        if not self._new:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", self._new
            )
        self._new = []

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Yield the table, made where it is not; its faults are those of the file."""
        try:
            with closing(sqlite3.connect(self._path)) as connection:
                connection.execute(_TABLE)
                yield connection
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: {error}") from error


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
