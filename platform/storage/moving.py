"""Every durable file from one place to another, each compared by its SHA-256 after it has come.

The source is never changed. A journal has a line for each file that has been compared, so a move
that was stopped goes on where it was, and a later one takes what is new. A line counts only while
the target has the file. What the target has and the source has not is listed, and deleted only by
`take_away`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from storage.journal import Entry, Journal
from storage.names import content_hash, is_moved, is_ours, is_written_once
from storage.store import Facts, Store

THREADS = 8
_AT_A_TIME = 512
_DAMAGED = "is damaged where it comes from"


class Damaged(Exception):
    """A file whose content is not what its name says, or that came as another one."""


@dataclass
class Move:
    """A move, and how far it is.

    `wanted` has the source's files that are to go; `extra` the target's that the source has not;
    `strange` the source's that are not Loupe's. Of 2 million files it holds names alone.
    """

    source: Store
    target: Store
    journal: Journal
    files: int = 0
    bytes: int = 0
    wanted: list[str] = field(default_factory=list)
    wanted_bytes: int = 0
    strange: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    copied: int = 0
    same: int = 0
    bytes_done: int = 0

    def look(self) -> None:
        """List both places, and find what has not been compared as it is now."""
        there = {name for name in self.target.walk() if is_moved(name)}
        with ThreadPoolExecutor(THREADS) as threads:
            for part in _parts(self._names()):
                known = self.journal.entries(part)
                entries = [known.get(name) if name in there else None for name in part]
                found = threads.map(self._look_at, part, entries)
                for name, facts in zip(part, found, strict=True):
                    if facts is not None:
                        there.discard(name)
                        self._note(name, *facts)
        self.extra = sorted(there)

    def run(self, on_progress: Callable[[], None]) -> None:
        """Copy and compare what is wanted.

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
                    self.journal.flush()

    def take_away(self) -> list[str]:
        """Delete from the target what the source has not; return what is still there then."""
        left = []
        for part in _parts(self.extra):
            self.target.delete(part)
            left += sorted(set(part) - set(self.target.missing(part)))
        return left

    def _names(self) -> Iterator[str]:
        """Yield the source's names that are moved; note what is not Loupe's."""
        for name in self.source.walk():
            if is_moved(name):
                yield name
            elif not is_ours(name):
                self.strange.append(name)

    def _look_at(self, name: str, known: Entry | None) -> tuple[int, bool] | None:
        """Return a file's size and whether it was compared as it is in both places.

        `known` is what is written down of it, None where the target has it not.
        """
        try:
            facts = self.source.facts(name)
        except FileNotFoundError:
            return None
        return facts.bytes, known is not None and self._is_as_known(name, facts, known)

    def _note(self, name: str, size: int, is_known: bool) -> None:
        self.files += 1
        self.bytes += size
        if not is_known:
            self.wanted.append(name)
            self.wanted_bytes += size

    def _is_as_known(self, name: str, facts: Facts, known: Entry) -> bool:
        if known.bytes != facts.bytes:
            return False
        if is_written_once(name):
            return True
        return known.modified == facts.modified and known.arrived == self._arrived(name)

    def _arrived(self, name: str) -> float | None:
        """Return when the target's file was written; None where it has gone."""
        try:
            return self.target.facts(name).modified
        except FileNotFoundError:
            return None

    def _brought(self, name: str, is_there: bool) -> tuple[Entry, bool]:
        """Return the entry of a file that is now in both places, and whether it was copied."""
        facts = self.source.facts(name)
        if is_there:
            sha256 = _hash(self.source.blocks(name))
            _compare(name, sha256, content_hash(name), _DAMAGED)
            if _hash(self.target.blocks(name)) == sha256:
                return self._entry(name, facts, sha256), False
        digest = hashlib.sha256()
        self.target.write(name, _counted(self.source.blocks(name), digest), synced=True)
        sha256 = digest.hexdigest()
        try:
            _compare(name, sha256, content_hash(name), _DAMAGED)
            _compare(name, _hash(self.target.blocks(name)), sha256, "came as another file")
        except Damaged:
            self.target.delete([name])
            raise
        return self._entry(name, facts, sha256), True

    def _entry(self, name: str, facts: Facts, sha256: str) -> Entry:
        arrived = 0.0 if is_written_once(name) else self.target.facts(name).modified
        return Entry(name, facts.bytes, facts.modified, arrived, sha256)

    def _end(self, name: str, result: Callable[[], tuple[Entry, bool]]) -> None:
        try:
            entry, was_copied = result()
        except FileNotFoundError:
            # Deleted meanwhile, as Loupe does with uploads; or it did not stay where it went.
            if not self.source.missing([name]):
                self.damaged[name] = f"{name} is gone again from where it went."
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
