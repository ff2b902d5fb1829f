"""Archives that say in a table or an annotation file which class each image has."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from common.codepages import likely_code_pages
from datasets.archive import classes_csv, coco, labels_csv
from datasets.archive.by_tool import by_export, by_table_of_tool, left_out, looks_like
from datasets.archive.csv_rows import MAX_BYTES, MOST_LINES, needs_code_page
from datasets.archive.inspection import Inspected
from datasets.archive.labels import Label, match, without_repeats
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image, split_of_path
from datasets.archive.plan import plan_by_labels
from datasets.archive.reader import Contents
from datasets.archive.readings import (
    CLASSES_CSV,
    COCO,
    LABELS_CSV,
    LABELS_CSV_SIMILAR,
    Reading,
)
from datasets.archive.table_reading import (
    TableReading,
    file_of,
    files_beside,
    folder_of,
    hits,
    split_by_folders,
)
from datasets.archive.tools.export import sentences
from datasets.archive.tools.files import Files
from datasets.archive.tools.find import coco_files, find_export
from datasets.archive.tools.folders import ROBOFLOW
from datasets.errors import ArchiveRefused

Parse = Callable[[bytes, str], list[Label]]


def read_tables(inspected: Inspected, contents: Contents, encoding: str) -> TableReading | None:
    """Return the reading by the archive's tables, None when there are none.

    Raises `ArchiveRefused` for a table that cannot be read, or that names no file of the archive.
    """
    most = max(MOST_LINES, 2 * len(inspected.members))
    files = Files(inspected.members, contents, most)
    for name, parse, layout in (
        (labels_csv.NAME, labels_csv.parse, LABELS_CSV),
        (classes_csv.NAME, classes_csv.parse, CLASSES_CSV),
    ):
        if tables := _tables(inspected.members, name):
            try:
                read = {table: _content(table, contents) for table in tables}
                return _by_table(inspected, read, partial(parse, most=most), layout, encoding)
            except labels_csv.OtherColumns:
                # Another tool may call its own table so, as Kaggle does.
                export = find_export(files, encoding)
                found = (
                    by_export(inspected, export)
                    if export
                    else by_table_of_tool(inspected, files, encoding)
                )
                if found is None or not (found.reading or found.agrees):
                    raise
                return found
    if export := find_export(files, encoding):
        return by_export(inspected, export)
    if found := _by_table_aside(inspected, contents, encoding):
        return found
    annotated = [m for m in inspected.members if coco.is_coco(m.name) and m.size <= coco.MAX_BYTES]
    annotated, unopened = (annotated, "") if annotated else coco_files(files)
    if annotated:
        return _by_coco(inspected, annotated, contents, unopened)
    found = by_table_of_tool(inspected, files, encoding)
    if files.unread and (found is None or not found.reading):
        return TableReading(None, files.unread[0], aside=True)
    return found


def _tables(members: list[Member], name: str) -> list[Member]:
    """Return the topmost tables of this name, if every image lies beside or below one."""
    named = [m for m in members if file_of(m.name).casefold() == name]
    depth = min((m.name.count("/") for m in named), default=0)
    tables = [m for m in named if m.name.count("/") == depth]
    folders = tuple(folder_of(table.name) for table in tables)
    images = (m.name for m in members if looks_like_image(m.name))
    return tables if tables and all(image.startswith(folders) for image in images) else []


def _content(table: Member, contents: Contents) -> bytes:
    if table.size > MAX_BYTES:
        raise ArchiveRefused(f"{table.name} may have up to 64 MiB.", code="table_too_large")
    return contents.read(table)


def _by_table(
    inspected: Inspected,
    contents: Mapping[Member, bytes],
    parse: Parse,
    layout: str,
    encoding: str,
) -> TableReading:
    """Read tables in the code page under which most of what they name is there."""
    unclear = [text for text in contents.values() if needs_code_page(text)]
    pages = list(inspected.encodings)
    pages += [page for page in (likely_code_pages(unclear) if unclear else []) if page not in pages]
    tried = [encoding] if encoding else (pages if unclear else [inspected.encoding])
    files, base = files_beside(inspected, contents)
    readings = [
        (page, labels, match(labels, files))
        for page in tried
        for labels in [_labels(contents, parse, page, base, files)]
    ]
    page, labels, matched = max(readings, key=lambda one: hits(one[2]))
    source = file_of(next(iter(contents)).name)
    if not hits(matched):
        raise _nothing_matches(labels, files, source)
    split_by_folders(labels, matched, files)
    if matched.how and layout == LABELS_CSV:
        layout = LABELS_CSV_SIMILAR
    doubt = (
        f"{source} names the files in another way than they are in the archive: only without "
        f"{matched.how} are they the same."
        if matched.how
        else ""
    )
    others = layout == CLASSES_CSV
    plan = plan_by_labels(files, labels, matched, source, keeps_others=others)
    reading = Reading(layout, plan, page, doubt)
    if layout == CLASSES_CSV:
        reading.tool = ROBOFLOW
        reading.note = " ".join([*sentences(doubt), *left_out(plan.not_taken)])
        doubt = looks_like(ROBOFLOW, reading.note)
    return TableReading(reading, doubt, sorted(pages, key=lambda one: one != page))


def _by_table_aside(inspected: Inspected, contents: Contents, encoding: str) -> TableReading | None:
    """Read the only labels.csv of an archive, if it names images but does not stand above all."""
    named = [m for m in inspected.members if file_of(m.name).casefold() == labels_csv.NAME]
    if len(named) != 1:
        return None
    try:
        found = _by_table(
            inspected,
            {named[0]: _content(named[0], contents)},
            labels_csv.parse,
            LABELS_CSV,
            encoding,
        )
    except ArchiveRefused:
        return None
    if found.reading is None or found.reading.layout != LABELS_CSV:
        return None
    found.doubt = found.reading.note = (
        f"{named[0].name} names images of the archive, and does not stand in the folder above all "
        "of them: the classes may be its own, or the folders."
    )
    found.aside = True
    return found


def _by_coco(
    inspected: Inspected, annotated: list[Member], contents: Contents, unopened: str
) -> TableReading:
    files, base = files_beside(inspected, annotated)
    labels: list[Label] = []
    boxes = False
    for table in annotated:
        found, has_boxes = coco.parse(table.name, contents.chunks(table))
        boxes = boxes or has_boxes
        folder = folder_of(table.name)[len(base) :]
        for label in found:
            beside = folder + label.file
            label.file = beside if beside in files else label.file
        labels += found
    labels = without_repeats(labels)
    matched = match(labels, files)
    if not hits(matched):
        raise _nothing_matches(labels, files, file_of(annotated[0].name))
    for label, name in zip(labels, matched.files, strict=True):
        label.split = split_of_path(files[name].name) if name else ""
    what = (
        "It is a COCO export for object detection. Each image has one category, which can be "
        "taken for its class; the boxes would be left out."
    )
    doubt = " ".join(sentences(what if boxes else "", unopened))
    plan = plan_by_labels(files, labels, matched, file_of(annotated[0].name))
    return TableReading(Reading(COCO, plan, note=doubt), doubt)


def _labels(
    contents: Mapping[Member, bytes], parse: Parse, page: str, base: str, files: Collection[str]
) -> list[Label]:
    """Return what all tables say: files named from `base`, in the split of the table's folder."""
    found = []
    for table, content in contents.items():
        folder = folder_of(table.name)
        split = split_of_path(folder)
        for label in parse(content, page):
            beside = folder[len(base) :] + label.file
            label.file = label.file if label.file in files and beside not in files else beside
            label.split = label.split or split
            found.append(label)
    return without_repeats(found)


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
