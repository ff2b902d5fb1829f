"""Inspect an archive and find how it is to be read, or what a person has to be asked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from datasets.archive.folders import SPLIT_ONLY, UNLABELLED, doubt, read_folders
from datasets.archive.inspection import Inspected, inspect
from datasets.archive.limits import ArchiveLimits
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image, may_be_image
from datasets.archive.plan import plan_by_folders
from datasets.archive.reader import read_member
from datasets.archive.readings import LAYOUTS, Reading
from datasets.archive.tables import read_tables
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
    data: memoryview, limits: ArchiveLimits, *, layout: str = "", encoding: str = ""
) -> Question:
    """Return how an archive is read; `layout` and `encoding` are a person's choice, or empty.

    Raises `ArchiveRefused` as `inspect` does, and for tables that cannot be read, layouts that
    hold no classes of whole images, and archives without images.
    """
    found = _find(data, limits, encoding)
    readings = list(found.readings)
    for page in found.pages if not encoding else ():
        if page != found.readings[0].encoding:
            readings += _find(data, limits, page).readings
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


def _find(data: memoryview, limits: ArchiveLimits, encoding: str) -> _Found:
    inspected = inspect(data, limits, encoding)
    read = partial(read_member, data)
    if by_table := read_tables(inspected, read, encoding):
        readings = [by_table.reading]
        if by_table.aside:
            readings += _by_folders(inspected).readings
        elif by_table.doubt:
            readings += _unlabelled(inspected)
        found = _Found(readings, by_table.doubt, by_table.pages)
    else:
        refuse_unsupported(inspected.members, read)
        found = _by_folders(inspected)
    for reading in found.readings:
        reading.plan.not_taken[:0] = inspected.left_out
        reading.encoding = reading.encoding or inspected.encoding
    return found


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
