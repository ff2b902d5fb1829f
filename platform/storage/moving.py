"""Every durable file from one place to another, each compared by its SHA-256 after it has come.

The source is never changed. A journal has a line for each file that has been compared, so a move
that was stopped goes on where it was, and a later one takes what is new; without its journal it
compares again what is there. What a move has brought and the source has no longer, it takes away.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from storage.names import content_hash, is_ours, is_written_once
from storage.store import Facts, Store

THREADS = 8
_AT_A_TIME = 512


class Entry(NamedTuple):
    """A file that lies in both places and is the same; `modified` is the source's."""

    name: str
    bytes: int
    modified: float
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

    def without(self, names: set[str]) -> None:
        """Forget files that have been taken away."""
        self.entries = {name: each for name, each in self.entries.items() if name not in names}
        lines = "".join(f"{json.dumps(entry)}\n" for entry in self.entries.values())
        part = self._path.with_suffix(".part")
        part.write_text(lines)
        part.replace(self._path)


class Damaged(Exception):
    """A file whose content is not what its name says, or that came as another one."""


@dataclass
class Move:
    """A move, and how far it is. `sizes` has the source's files; `wanted` those that are to go."""

    source: Store
    target: Store
    journal: Journal
    sizes: dict[str, int] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    copied: int = 0
    same: int = 0
    bytes_done: int = 0

    def look(self) -> None:
        """List the source, and find what has not been compared as it is now."""
        names: list[str] = []
        for name in self.source.walk():
            (names if is_ours(name) else self.strange).append(name)
        with ThreadPoolExecutor(THREADS) as threads:
            for part in _parts(names):
                for name, facts in zip(part, threads.map(self._facts, part), strict=True):
                    self._note(name, facts)
        self.gone = [name for name in self.journal.entries if name not in self.sizes]

    def run(self, on_progress: Callable[[], None]) -> None:
        """Copy and compare what is wanted, then take away what the source has no longer.

        Raises `StoreError` and `OSError`; what was compared until then is in the journal.
        """
        with ThreadPoolExecutor(THREADS) as threads:
            for part in _parts(self.wanted):
                there = set(part) - set(self.target.missing(part))
                tasks = [threads.submit(self._brought, name, name in there) for name in part]
                try:
                    for name, task in zip(part, tasks, strict=True):
                        self._end(name, task.result)
                        on_progress()
                finally:
                    for task in tasks:
                        task.cancel()
        self.target.delete(self.gone)
        if self.gone:
            self.journal.without(set(self.gone))

    def _facts(self, name: str) -> Facts | None:
        try:
            return self.source.facts(name)
        except FileNotFoundError:
            return None

    def _note(self, name: str, facts: Facts | None) -> None:
        if facts is None:
            return
        self.sizes[name] = facts.bytes
        if not self._is_known(name, facts):
            self.wanted.append(name)

    def _is_known(self, name: str, facts: Facts) -> bool:
        """Whether the file has been compared as it is now."""
        known = self.journal.entries.get(name)
        if known is None or known.bytes != facts.bytes:
            return False
        return is_written_once(name) or known.modified == facts.modified

    def _brought(self, name: str, is_there: bool) -> tuple[Entry, bool]:
        """Return the entry of a file that is now in both places, and whether it was copied."""
        facts = self.source.facts(name)
        if is_there:
            sha256 = _hash(self.source.blocks(name))
            _compare(name, sha256, content_hash(name), "is damaged where it comes from")
            if _hash(self.target.blocks(name)) == sha256:
                return Entry(name, facts.bytes, facts.modified, sha256), False
        digest = hashlib.sha256()
        self.target.write(name, _counted(self.source.blocks(name), digest), synced=True)
        sha256 = digest.hexdigest()
        try:
            _compare(name, sha256, content_hash(name), "is damaged where it comes from")
            _compare(name, _hash(self.target.blocks(name)), sha256, "came as another file")
        except Damaged:
            self.target.delete([name])
            raise
        return Entry(name, facts.bytes, facts.modified, sha256), True

    def _end(self, name: str, result: Callable[[], tuple[Entry, bool]]) -> None:
        try:
            entry, was_copied = result()
        except FileNotFoundError:
            # Deleted meanwhile, as Loupe does with uploads; the next look finds whether it came.
            return
        except Damaged as error:
            self.damaged[name] = str(error)
            return
        self.journal.add(entry)
        self.bytes_done += entry.bytes
        if was_copied:
            self.copied += 1
        else:
            self.same += 1


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    """Yield so many at a time: a million tasks at once would take a gigabyte."""
    left = iter(names)
    while part := list(islice(left, _AT_A_TIME)):
        yield part


def _hash(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _counted(blocks: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def _compare(name: str, found: str, wanted: str | None, what: str) -> None:
    if wanted is not None and found != wanted:
        raise Damaged(f"{name} {what}: its SHA-256 is {found}, not {wanted}.")
