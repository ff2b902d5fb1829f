"""Inspect an archive and find how it is to be read, or what a person has to be asked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from datasets.archive.by_tool import looks_like
from datasets.archive.folders import SPLIT_ONLY, UNLABELLED, doubt, read_folders
from datasets.archive.inspection import Inspected, inspect
from datasets.archive.limits import ArchiveLimits
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image, may_be_image, split_hinted
from datasets.archive.plan import Plan, plan_by_folders
from datasets.archive.reader import Contents
from datasets.archive.readings import ARCHIVE_NAME, LAYOUTS, Reading
from datasets.archive.table_reading import TableReading
from datasets.archive.tables import read_tables
from datasets.archive.tools.folders import (
    TEACHABLE_MACHINE,
    class_of_samples,
    note_originals,
    tool_of,
    translate,
)
from datasets.archive.unsupported import refuse_unsupported
from datasets.errors import ArchiveRefused


@dataclass
class Question:
    """The readings of an archive, and the one that is taken, or why a person has to choose."""

    readings: list[Reading]
    taken: Reading | None
    why: str = ""


@dataclass
class _Found:
    """What one code page makes of an archive; `doubt` is why even a single reading needs a yes."""

    readings: list[Reading]
    doubt: str = ""
    pages: Sequence[str] = field(default_factory=list)


def read_archive(
    data: memoryview, limits: ArchiveLimits, *, layout: str = "", encoding: str = "", name: str = ""
) -> Question:
    """Return how an archive is read; `layout` and `encoding` are a person's choice, or empty.

    `name` is what the archive is called, by which Teachable Machine names a class.

    Raises `ArchiveRefused` as `inspect` does, and for tables that cannot be read, layouts that
    hold no classes of whole images, and archives without images.
    """
    found = _find(data, limits, encoding, name)
    readings = list(found.readings)
    for page in found.pages if not encoding else ():
        if page != found.readings[0].encoding:
            readings += _find(data, limits, page, name).readings
    fitting = [
        reading
        for reading in readings
        if layout in ("", reading.layout) and encoding in ("", reading.encoding)
    ]
    why = _why(found.doubt, fitting, layout, encoding)
    return Question(readings, None if why else fitting[0], why)


def _why(doubt: str, fitting: list[Reading], layout: str, encoding: str) -> str:
    """Return what a person has to decide, empty for nothing."""
    if not fitting:
        asked = " and ".join(filter(None, (LAYOUTS.get(layout, ""), encoding)))
        return f"The archive cannot be read as asked ({asked}). Choose how it is meant."
    if doubt and not layout:
        return f"{doubt} Choose how it is meant."
    if len({reading.layout for reading in fitting if reading.encoding == fitting[0].encoding}) > 1:
        titles = dict.fromkeys(r.title() for r in fitting if r.encoding == fitting[0].encoding)
        return f"Its folders can be read in more than one way: {'; or: '.join(titles)}."
    if len(fitting) > 1:
        return (
            "Its names are not in UTF-8, and nothing in it says how they are written. "
            "Choose the line in which they look right."
        )
    return ""


def _find(data: memoryview, limits: ArchiveLimits, encoding: str, name: str) -> _Found:
    inspected = inspect(data, limits, encoding)
    contents = Contents(data)
    by_table = read_tables(inspected, contents, encoding)
    if by_table and by_table.reading:
        found = _by_table(inspected, by_table.reading, by_table)
    else:
        refuse_unsupported(inspected.members, contents.read)
        found = _by_folders(inspected)
        found = _of_tool(inspected, found, by_table, name)
    for reading in found.readings:
        reading.plan.not_taken[:0] = inspected.left_out
        reading.encoding = reading.encoding or inspected.encoding
        if copies := note_originals(reading.plan.candidates):
            reading.note = f"{reading.note} {copies}".strip()
    first = found.readings[0]
    if found.doubt and first.tool:
        found.doubt = looks_like(first.tool, first.note)
    return found


def _by_table(inspected: Inspected, reading: Reading, by_table: TableReading) -> _Found:
    readings = [reading]
    if reading.tool:
        readings += _sensible_folders(inspected)
        for other in readings:
            # Chosen together with the table's: the page asks for one code page.
            other.encoding = other.encoding or reading.encoding
    elif by_table.aside:
        readings += _by_folders(inspected).readings
    elif by_table.doubt:
        readings += _unlabelled(inspected)
    return _Found(readings, by_table.doubt, by_table.pages)


def _of_tool(
    inspected: Inspected, found: _Found, by_table: TableReading | None, name: str
) -> _Found:
    """Add to readings of folders what is known of the tool that made them, and of its tables."""
    classes = {candidate.class_name for r in found.readings for candidate in r.plan.candidates}
    tool = tool_of(inspected.members, classes - {""})
    for reading in found.readings:
        reading.tool = tool
        if changed := translate(tool, reading.plan.candidates):
            reading.note = changed
            found.doubt = found.doubt or changed
    if by_table and by_table.metadata:
        read = {table.name for table in by_table.tables}
        for reading in found.readings:
            reading.tool = by_table.tool
            reading.plan.not_taken = [n for n in reading.plan.not_taken if n.name not in read]
            for candidate in reading.plan.candidates:
                candidate.metadata = dict(by_table.metadata.get(candidate.member.name, {}))
    if by_table and by_table.doubt and (by_table.aside or len(classes - {""}) < 2):
        found.doubt = found.doubt or by_table.doubt
        found.readings[0].note = found.readings[0].note or by_table.doubt
    if found.readings[0].layout == UNLABELLED and (label := class_of_samples(name)):
        found = _of_samples(found, label)
    return found


def _of_samples(found: _Found, class_name: str) -> _Found:
    """Offer the archive's name as the class of all its images, as Teachable Machine means it."""
    bare = found.readings[0]
    plan = Plan(
        [replace(one, class_name=class_name) for one in bare.plan.candidates],
        list(bare.plan.not_taken),
    )
    note = f"The archive is called as Teachable Machine calls the samples of “{class_name}”."
    named = Reading(ARCHIVE_NAME, plan, note=note, tool=TEACHABLE_MACHINE)
    return _Found([named, *found.readings], note, found.pages)


def _sensible_folders(inspected: Inspected) -> list[Reading]:
    """Return the readings by folders that may be meant beside a tool's files.

    Those with classes that are no splits, or without any: a single class is the folder that the
    images lie in.
    """
    if not any(_tells_of_its_folder(member.name) for member in inspected.members):
        return []
    readings = _by_folders(inspected).readings
    classes = [{one.class_name for one in r.plan.candidates} - {""} for r in readings]
    return [
        reading
        for reading, names in zip(readings, classes, strict=True)
        if not names or (len(names) > 1 and not all(map(split_hinted, names)))
    ]


def _by_folders(inspected: Inspected) -> _Found:
    images = [member for member in inspected.members if _tells_of_its_folder(member.name)]
    if not images:
        raise _no_images(inspected.members)
    with_images = {tuple(member.name.split("/")[:-1]) for member in images}
    found = read_folders(with_images)
    return _Found(
        [
            Reading(reading.layout, plan_by_folders(inspected.members, reading, with_images))
            for reading in found
        ],
        doubt(found),
        inspected.encodings if inspected.folders_guessed else (),
    )


def _unlabelled(inspected: Inspected) -> list[Reading]:
    """Return the readings that leave the classes to people."""
    return [r for r in _by_folders(inspected).readings if r.layout in (SPLIT_ONLY, UNLABELLED)]


def _tells_of_its_folder(name: str) -> bool:
    return looks_like_image(name) or ("/" in name and may_be_image(name))


def _no_images(members: Sequence[Member]) -> ArchiveRefused:
    endings = Counter(member.name.rsplit("/", 1)[-1].rpartition(".")[2] for member in members)
    held = ", ".join(f"{count:,} × .{ending[:20]}" for ending, count in endings.most_common(3))
    return ArchiveRefused(
        f"The archive holds no image files but {held}; images in folders named after their "
        "classes, or images and a labels.csv, are expected.",
        code="no_images",
    )
