"""An archive's files of a kind: how many of them are looked into for what a tool wrote."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from datasets.archive.csv_rows import MAX_BYTES
from datasets.archive.entry_names import shown
from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.reader import Contents
from datasets.archive.tools.export import Export, counted, too_many
from datasets.errors import ArchiveRefused

# Files of a kind that are looked into, those of the topmost folders first: an archive may have a
# sidecar for every image. Once one of the first is a tool's, others are looked into as well.
FIRST_FILES = 32
MOST_FILES = 1_000


class Files:
    """An archive's files, by their ending, and what they hold."""

    def __init__(self, members: Sequence[Member], contents: Contents, most: int) -> None:
        self.members = members
        self.contents = contents
        # As many labels are read; more refuse the archive.
        self.most = most
        # Sentences on files that begin as an export does, and cannot be read any further.
        self.unread: list[str] = []

    def ending(self, *endings: str) -> list[Member]:
        """Return the files with one of these endings, the topmost first."""
        found = [m for m in self.members if m.size and m.name.casefold().endswith(endings)]
        return sorted(found, key=lambda m: (m.name.count("/"), m.name))

    def begins_as_json(self, member: Member) -> bool:
        """Whether a file's first character is that of an array or an object."""
        start = next(iter(self.contents.chunks(member)), b"")[:64]
        return start.removeprefix(BOM_UTF8).lstrip()[:1] in (b"[", b"{")

    def note_unread(self, member: Member, error: Exception) -> None:
        """Keep why a file that may be an export cannot be told to be one."""
        why = error.detail if isinstance(error, ArchiveRefused) else f"{error}."
        sentence = f"“{shown(member.name)}” may hold classes and cannot be read: {why}"
        if sentence not in self.unread:
            self.unread.append(sentence)

    def head(self, member: Member) -> bytes:
        """Return the first bytes of a file, to the end of a line."""
        piece = next(iter(self.contents.chunks(member)), b"")
        whole = len(piece) == member.size
        return piece if whole else piece[: piece.rfind(b"\n") + 1]

    def table(self, member: Member) -> bytes:
        """Return a table; raises `ArchiveRefused` for one that is too large."""
        if member.size > MAX_BYTES:
            raise ArchiveRefused(
                f"“{member.name}” may have up to {MAX_BYTES >> 20} MiB as a table of classes; "
                f"it has {member.size / (1 << 20):,.0f} MiB.",
                code="table_too_large",
                hint="Split the export into several archives.",
            )
        return self.contents.read(member)

    def add(self, export: Export, table: Member, labels: Iterable[Label]) -> None:
        """Add a table's labels to an export; raises `ArchiveRefused` for too many."""
        export.labels += islice(labels, self.most + 1 - len(export.labels))
        if len(export.labels) > self.most:
            raise too_many(table, self.most)


def look_into(members: Sequence[Member], look: Callable[[Member], Any]) -> list[tuple[Member, Any]]:
    """Return the files in which `look` finds anything, and what.

    Where there is nothing in the first `FIRST_FILES`, the others are not opened; where there is,
    `MOST_FILES` are.
    """
    found: list[tuple[Member, Any]] = []
    for number, member in enumerate(members[:MOST_FILES]):
        if number >= FIRST_FILES and not found:
            break
        if seen := look(member):
            found.append((member, seen))
    return found


def passed_over(members: Sequence[Member]) -> str:
    """Return the sentence on files of a kind that were not opened; empty for none."""
    return counted(
        len(members[MOST_FILES:]),
        f"“{shown(members[-1].name)}” was not looked into: it is past {MOST_FILES:,} such files.",
        f"{{count}} files such as “{shown(members[-1].name)}” were not looked into: they are past "
        f"{MOST_FILES:,} of the kind.",
    )
