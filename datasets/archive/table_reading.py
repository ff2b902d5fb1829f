"""What reading an archive by a table comes to, and what all such readings share."""

import os.path
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from datasets.archive.inspection import Inspected
from datasets.archive.labels import Label, Match
from datasets.archive.member import Member
from datasets.archive.names import split_of_folder, split_of_path
from datasets.archive.readings import Reading


@dataclass
class TableReading:
    """The reading by a table; `doubt` says why it needs a yes, empty when it does not.

    None where a table only describes the images, whose classes their folders say: `metadata` is
    what it says, by the files' names in the archive, or it `agrees` with the folders. `tables` are
    those that were read. `aside`: the folders may be meant as well, or not, however clear they are.
    `pages` are the code pages that come into question, likeliest first, where one is needed.
    """

    reading: Reading | None
    doubt: str = ""
    pages: list[str] = field(default_factory=list)
    aside: bool = False
    agrees: bool = False
    tool: str = ""
    tables: list[Member] = field(default_factory=list)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)


def split_by_folders(labels: list[Label], matched: Match, files: Mapping[str, Member]) -> None:
    """Take the archive's folders of splits where the table has no word about them.

    Not where a class is called like one: its folder says the class.
    """
    if any(label.says_split or split_of_folder(label.class_name) for label in labels):
        return
    for label, name in zip(labels, matched.files, strict=True):
        if name and not label.split:
            label.split = split_of_path(files[name].name)


def files_beside(inspected: Inspected, tables: Iterable[Member]) -> tuple[dict[str, Member], str]:
    """Return the other files by name, without the enclosing folder, and that folder."""
    tables = set(tables)
    folders = [PurePosixPath("/", folder_of(table.name)) for table in tables]
    shared = os.path.commonpath(folders)
    base = f"{shared}/".lstrip("/")
    others = [member for member in inspected.members if member not in tables]
    if not all(member.name.startswith(base) for member in others):
        base = ""
    return {member.name[len(base) :]: member for member in others}, base


def hits(matched: Match) -> int:
    """Return how many labels found their file."""
    return sum(name is not None for name in matched.files)


def folder_of(name: str) -> str:
    """Return the folder of a file with its slash, '' at the top."""
    return name[: len(name) - len(file_of(name))]


def file_of(name: str) -> str:
    """Return a file's name without its folders."""
    return name.rsplit("/", 1)[-1]
