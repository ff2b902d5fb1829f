"""Files of JSON, one document a line, and small texts."""

from collections.abc import Iterator
from typing import Any

from datasets.archive.json_parts import NotJson, lines
from datasets.archive.member import Member
from datasets.archive.tools.export import too_many
from datasets.archive.tools.files import Files
from datasets.errors import ArchiveRefused


def first_document(files: Files, member: Member) -> Any:
    """Return the first line of a file of JSON lines; None where there is none, which is noted."""
    try:
        return next(lines(files.contents.chunks(member)), None)
    except NotJson as error:
        # What else ends so has been read as a whole document before.
        if member.name.casefold().endswith(".jsonl") and files.begins_as_json(member):
            files.note_unread(member, error)
    except ArchiveRefused as error:
        files.note_unread(member, error)
    return None


def documents(files: Files, table: Member) -> Iterator[Any]:
    """Yield the lines of a file of JSON lines; raises `ArchiveRefused`."""
    try:
        for number, document in enumerate(lines(files.contents.chunks(table))):
            if number >= files.most:
                raise too_many(table, files.most)
            yield document
    except NotJson as error:
        raise unreadable(table, error) from None


def unreadable(table: Member, error: NotJson) -> ArchiveRefused:
    """Return the refusal of a file that is no JSON."""
    return ArchiveRefused(
        f"“{table.name}” cannot be read: {error}.",
        code="bad_json",
        hint="Export it again.",
    )


def text_of(content: bytes) -> str:
    """Return the text of a small file, whatever it is written in."""
    return content.decode("utf-8-sig", "replace")


def file_of(member: Member) -> str:
    """Return a file's own name, in small letters."""
    return member.name.rsplit("/", 1)[-1].casefold()
