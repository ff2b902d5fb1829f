"""The files of an archive as images without classes, for work that asks a model about them."""

from typing import NamedTuple

from common.sentences import binary_size
from datasets.archive.inspection import Inspected
from datasets.archive.member import Member
from datasets.archive.names import may_be_image
from datasets.limits import archive_limits


class NotAsked(NamedTuple):
    """A file that is not even tried, and why; `code` is stable."""

    name: str
    code: str
    detail: str


class ArchiveFiles(NamedTuple):
    """All files of an archive: those to try, those that are none, in the archive's order.

    `skipped` counts what operating systems leave in archives.
    """

    tried: list[Member]
    not_tried: list[NotAsked]
    skipped: int

    @property
    def expanded_bytes(self) -> int:
        """What the files to try take, unpacked."""
        return sum(member.size for member in self.tried)


def files_of(inspected: Inspected) -> ArchiveFiles:
    """Tell the files that may be images from the others. Folders and tables mean nothing here."""
    limit = archive_limits().max_file_bytes
    tried: list[Member] = []
    not_tried = [
        NotAsked(item.name, item.code, item.detail)
        for item in inspected.left_out
        if item.outcome != "skipped"
    ]
    for member in inspected.members:
        if not may_be_image(member.name):
            detail = "It has the ending of another kind of file: no image."
            not_tried.append(NotAsked(member.name, "not_an_image", detail))
        elif member.size > limit:
            detail = (
                f"An image file may have {binary_size(limit)}; this one has "
                f"{binary_size(member.size)}."
            )
            not_tried.append(NotAsked(member.name, "file_too_large", detail))
        else:
            tried.append(member)
    return ArchiveFiles(
        tried,
        not_tried,
        len(inspected.left_out) - sum(item.outcome != "skipped" for item in inspected.left_out),
    )
