"""Archives that say in a table or an annotation file which class each image has."""

import os.path
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from common.codepages import likely_code_pages
from datasets.archive import classes_csv, coco, labels_csv
from datasets.archive.inspection import Inspected
from datasets.archive.labels import Label, Match, match, without_repeats
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image, split_of_folder
from datasets.archive.plan import plan_by_labels
from datasets.archive.readings import CLASSES_CSV, COCO, LABELS_CSV, LABELS_CSV_SIMILAR, Reading
from datasets.errors import ArchiveRefused

Read = Callable[[Member], bytes]
Parse = Callable[[bytes, str], list[Label]]


@dataclass
class TableReading:
    """The reading by a table; `doubt` says why it needs a yes, empty when it does not.

    `aside`: the table does not stand above all images, so that the folders may be meant as well.
    `pages` are the code pages that come into question, likeliest first, where one is needed.
    """

    reading: Reading
    doubt: str = ""
    pages: list[str] = field(default_factory=list)
    aside: bool = False


def read_tables(inspected: Inspected, read: Read, encoding: str) -> TableReading | None:
    """Return the reading by the archive's tables, None when there are none.

    Raises `ArchiveRefused` for a table that cannot be read, or that names no file of the archive.
    """
    for name, parse, layout in (
        (labels_csv.NAME, labels_csv.parse, LABELS_CSV),
        (classes_csv.NAME, classes_csv.parse, CLASSES_CSV),
    ):
        if tables := _tables(inspected.members, name):
            contents = {table: _content(table, read) for table in tables}
            return _by_table(inspected, contents, parse, layout, encoding)
    if found := _by_table_aside(inspected, read, encoding):
        return found
    annotated = [m for m in inspected.members if coco.is_coco(m.name) and m.size <= coco.MAX_BYTES]
    return _by_coco(inspected, annotated, read) if annotated else None


def _tables(members: list[Member], name: str) -> list[Member]:
    """Return the topmost tables of this name, if every image lies beside or below one."""
    named = [m for m in members if _file(m.name).casefold() == name]
    depth = min((m.name.count("/") for m in named), default=0)
    tables = [m for m in named if m.name.count("/") == depth]
    folders = tuple(_folder(table.name) for table in tables)
    images = (m.name for m in members if looks_like_image(m.name))
    return tables if tables and all(image.startswith(folders) for image in images) else []


def _content(table: Member, read: Read) -> bytes:
    if table.size > labels_csv.MAX_BYTES:
        raise ArchiveRefused(f"{table.name} may have up to 64 MiB.", code="bad_labels_csv")
    return read(table)


def _by_table(
    inspected: Inspected,
    contents: Mapping[Member, bytes],
    parse: Parse,
    layout: str,
    encoding: str,
) -> TableReading:
    """Read tables in the code page under which most of what they name is there."""
    unclear = [text for text in contents.values() if labels_csv.needs_code_page(text)]
    pages = list(inspected.encodings)
    pages += [page for page in (likely_code_pages(unclear) if unclear else []) if page not in pages]
    tried = [encoding] if encoding else (pages if unclear else [inspected.encoding])
    files, base = _files(inspected, contents)
    readings = [
        (page, labels, match(labels, files))
        for page in tried
        for labels in [_labels(contents, parse, page, base, files)]
    ]
    page, labels, matched = max(readings, key=lambda one: _hits(one[2]))
    source = _file(next(iter(contents)).name)
    if not _hits(matched):
        raise _nothing_matches(labels, files, source)
    _split_by_folders(labels, matched, files)
    if matched.how and layout == LABELS_CSV:
        layout = LABELS_CSV_SIMILAR
    doubt = (
        f"{source} names the files in another way than they are in the archive: only without "
        f"{matched.how} are they the same."
        if matched.how
        else ""
    )
    reading = Reading(layout, plan_by_labels(files, labels, matched, source), page, doubt)
    return TableReading(reading, doubt, sorted(pages, key=lambda one: one != page))


def _by_table_aside(inspected: Inspected, read: Read, encoding: str) -> TableReading | None:
    """Read the only labels.csv of an archive, if it names images but does not stand above all."""
    named = [m for m in inspected.members if _file(m.name).casefold() == labels_csv.NAME]
    if len(named) != 1:
        return None
    try:
        found = _by_table(
            inspected, {named[0]: _content(named[0], read)}, labels_csv.parse, LABELS_CSV, encoding
        )
    except ArchiveRefused:
        return None
    if found.reading.layout != LABELS_CSV:
        return None
    found.doubt = found.reading.note = (
        f"{named[0].name} names images of the archive, and does not stand in the folder above all "
        "of them: the classes may be its own, or the folders."
    )
    found.aside = True
    return found


def _by_coco(inspected: Inspected, annotated: list[Member], read: Read) -> TableReading:
    files, base = _files(inspected, annotated)
    labels: list[Label] = []
    boxes = False
    for table in annotated:
        found, has_boxes = coco.parse(table.name, read(table))
        boxes = boxes or has_boxes
        folder = _folder(table.name)[len(base) :]
        for label in found:
            beside = folder + label.file
            label.file = beside if beside in files else label.file
        labels += found
    labels = without_repeats(labels)
    matched = match(labels, files)
    if not _hits(matched):
        raise _nothing_matches(labels, files, _file(annotated[0].name))
    for label, name in zip(labels, matched.files, strict=True):
        label.split = _split(files[name].name) if name else ""
    doubt = (
        "It is a COCO export for object detection. Each image has one category, which can be "
        "taken for its class; the boxes would be left out."
        if boxes
        else ""
    )
    plan = plan_by_labels(files, labels, matched, _file(annotated[0].name))
    return TableReading(Reading(COCO, plan, note=doubt), doubt)


def _labels(
    contents: Mapping[Member, bytes], parse: Parse, page: str, base: str, files: Collection[str]
) -> list[Label]:
    """Return what all tables say: files named from `base`, in the split of the table's folder."""
    found = []
    for table, content in contents.items():
        folder = _folder(table.name)
        split = _split(folder)
        for label in parse(content, page):
            beside = folder[len(base) :] + label.file
            label.file = label.file if label.file in files and beside not in files else beside
            label.split = label.split or split
            found.append(label)
    return without_repeats(found)


def _split_by_folders(labels: list[Label], matched: Match, files: Mapping[str, Member]) -> None:
    """Take the archive's folders of splits where the table has no word about them.

    Not where a class is called like one: its folder says the class.
    """
    if any(label.says_split or split_of_folder(label.class_name) for label in labels):
        return
    for label, name in zip(labels, matched.files, strict=True):
        if name and not label.split:
            label.split = _split(files[name].name)


def _files(inspected: Inspected, tables: Iterable[Member]) -> tuple[dict[str, Member], str]:
    """Return the other files by name, without the enclosing folder, and that folder."""
    tables = set(tables)
    folders = [PurePosixPath("/", _folder(table.name)) for table in tables]
    shared = os.path.commonpath(folders)
    base = f"{shared}/".lstrip("/")
    others = [member for member in inspected.members if member not in tables]
    if not all(member.name.startswith(base) for member in others):
        base = ""
    return {member.name[len(base) :]: member for member in others}, base


def _nothing_matches(
    labels: list[Label], files: Mapping[str, Member], source: str
) -> ArchiveRefused:
    named = ", ".join(f"“{label.file[:80]}”" for label in labels[:3])
    there = ", ".join(f"“{name[:80]}”" for name in list(files)[:3])
    if not named:
        detail = f"{source} names no file: it has a header and no lines."
    elif not there:
        detail = f"{source} names {named}, but the archive holds no other file."
    else:
        count = f"None of the {len(labels):,} files" if len(labels) > 1 else "The file"
        is_there = "is in" if len(labels) > 1 else "is not in"
        detail = (
            f"{count} that {source} names {is_there} the archive: it names {named}, the archive "
            f"holds {there}."
        )
    return ArchiveRefused(
        detail,
        code="labels_match_nothing",
        hint="Write the names as they are in the archive, with folders and endings.",
    )


def _hits(matched: Match) -> int:
    return sum(name is not None for name in matched.files)


def _split(path: str) -> str:
    """Return the split that the folders of a path name without doubt, or ''."""
    splits = [split for name in path.split("/")[:-1] if (split := split_of_folder(name))]
    return splits[0] if splits else ""


def _folder(name: str) -> str:
    """Return the folder of a file with its slash, '' at the top."""
    return name[: len(name) - len(_file(name))]


def _file(name: str) -> str:
    return name.rsplit("/", 1)[-1]
