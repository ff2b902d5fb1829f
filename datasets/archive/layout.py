"""From the files of an archive to images with classes and splits.

Layouts: `class/file`; `train|validation|test/class/file`; either inside one enclosing folder; or a
`labels.csv` of `file,class_name[,split][,metadata…]`. Images beside no folder stay unlabelled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from datasets.archive import labels_csv
from datasets.archive.inspection import Member
from datasets.archive.names import clean_class_name, is_junk, split_of_folder
from datasets.errors import ArchiveRefused

_IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".dib", ".gif",
     ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".svg", ".psd", ".ico"}
)  # fmt: skip


@dataclass
class Candidate:
    """A file that shall become an image; `name` is as in the archive, without enclosing folder."""

    member: Member
    name: str
    class_name: str = ""
    split: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotTaken:
    """A file that is not even tried: `outcome` is skipped or rejected."""

    name: str
    outcome: str
    code: str
    detail: str


@dataclass
class Plan:
    """What to do with each file of an archive; the two lists together are all but labels.csv."""

    candidates: list[Candidate] = field(default_factory=list)
    not_taken: list[NotTaken] = field(default_factory=list)

    def skip(self, name: str, code: str, detail: str) -> None:
        """Leave a file out without fault."""
        self.not_taken.append(NotTaken(name, "skipped", code, detail))

    def reject(self, name: str, code: str, detail: str) -> None:
        """Leave a file out that somebody should look at."""
        self.not_taken.append(NotTaken(name, "rejected", code, detail))


def plan_import(members: Sequence[Member], read: Callable[[Member], bytes]) -> Plan:
    """Decide class and split of every file; `read` returns the content of labels.csv.

    Raises `ArchiveRefused` when there is a labels.csv that cannot be read, or no file to try.
    """
    plan = Plan()
    files: list[tuple[Member, PurePosixPath]] = []
    for member in members:
        if is_junk(member.name):
            plan.skip(member.name, "junk", "Left behind by an operating system; not an image.")
        else:
            files.append((member, PurePosixPath(member.name)))
    prefix = _enclosing_folder([path for _, path in files])
    if prefix:
        files = [(member, path.relative_to(prefix)) for member, path in files]
    table = next((m for m, path in files if str(path).casefold() == labels_csv.NAME), None)
    if table is not None:
        _plan_by_table(plan, files, table, _parse_table(table, read))
    else:
        _plan_by_folders(plan, files)
    if not plan.candidates:
        raise ArchiveRefused(
            "The archive holds no image files; images in folders named after their classes, "
            "or images and a labels.csv, are expected.",
            code="no_images",
        )
    return plan


def _enclosing_folder(paths: list[PurePosixPath]) -> str:
    """Return the folder that holds everything and is neither a class nor a split, or ''."""
    tops = {path.parts[0] for path in paths}
    if len(tops) != 1 or not all(len(path.parts) > 1 for path in paths):
        return ""
    top = tops.pop()
    inside = [PurePosixPath(*path.parts[1:]) for path in paths]
    if any(str(path).casefold() == labels_csv.NAME for path in inside):
        return top
    if split_of_folder(top) or any(len(p.parts) == 1 and _looks_like_image(p) for p in inside):
        return ""
    return top


def _looks_like_image(path: PurePosixPath) -> bool:
    return path.suffix.casefold() in _IMAGE_SUFFIXES


def _plan_by_folders(plan: Plan, files: list[tuple[Member, PurePosixPath]]) -> None:
    by_split = any(len(path.parts) > 2 and split_of_folder(path.parts[0]) for _, path in files)
    for member, path in files:
        split, folders = "", path.parts[:-1]
        if by_split and folders and (split := split_of_folder(folders[0]) or ""):
            folders = folders[1:]
        elif by_split and folders:
            plan.reject(
                str(path),
                "outside_split_folders",
                "Stands outside the folders train, validation and test that the archive uses. "
                "Move it into one of them.",
            )
            continue
        if not folders and not _looks_like_image(path):
            plan.skip(str(path), "not_in_a_class", "Not an image and in no class folder.")
            continue
        try:
            class_name = clean_class_name(folders[0]) if folders else ""
        except ValueError as error:
            plan.reject(str(path), "bad_class_name", f"{error} Rename the folder.")
            continue
        plan.candidates.append(Candidate(member, str(path), class_name, split))


def _parse_table(table: Member, read: Callable[[Member], bytes]) -> list[labels_csv.Label]:
    if table.size > labels_csv.MAX_BYTES:
        raise ArchiveRefused("labels.csv may have up to 64 MiB.", code="bad_labels_csv")
    return labels_csv.parse(read(table))


def _plan_by_table(
    plan: Plan,
    files: list[tuple[Member, PurePosixPath]],
    table: Member,
    labels: list[labels_csv.Label],
) -> None:
    unlisted = {str(path): member for member, path in files if member is not table}
    for label in labels:
        member = unlisted.pop(label.file, None)
        if member is None:
            plan.reject(
                label.file[:500] or "(no name)",
                "missing_file",
                "labels.csv names this file, but it is not in the archive, or it is named twice. "
                "Add the file or take the line out.",
            )
        elif label.problem:
            plan.reject(label.file, label.problem[0], f"labels.csv: {label.problem[1]}")
        else:
            plan.candidates.append(
                Candidate(member, label.file, label.class_name, label.split, label.metadata)
            )
    for name in unlisted:
        plan.skip(name, "not_in_labels_csv", "labels.csv does not name this file.")
