"""Archives that another tool has exported: read by its files, always asked about first."""

from collections import Counter
from collections.abc import Iterable, Mapping

from datasets.archive.inspection import Inspected, NotTaken
from datasets.archive.labels import Label, Match, without_repeats
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image
from datasets.archive.plan import plan_by_labels
from datasets.archive.readings import (
    AZURE,
    DATUMARO,
    IMAGENET,
    KAGGLE,
    LABEL_STUDIO,
    VERTEX,
    Reading,
)
from datasets.archive.table_reading import TableReading, files_beside, hits, split_by_folders
from datasets.archive.tools import kaggle
from datasets.archive.tools.addresses import match_addresses, match_paths
from datasets.archive.tools.azure_custom_vision import match_ids
from datasets.archive.tools.datumaro import without_subset
from datasets.archive.tools.export import Export, some
from datasets.archive.tools.files import Files
from datasets.archive.tools.find_table import NoTable, agrees_with_folders, find_table
from datasets.archive.tools.label_studio import without_prefix
from datasets.errors import ArchiveRefused


def by_table_of_tool(inspected: Inspected, files: Files, encoding: str) -> TableReading | None:
    """Read the only table that names the archive's images; None where there is none.

    Without a reading, the table agrees with the folders, or `doubt` says why it was not taken.
    """
    found = find_table(files, encoding)
    if isinstance(found, NoTable):
        return TableReading(None, found.why) if found.why else None
    if agrees_with_folders(found, [member.name for member in inspected.members]):
        return TableReading(None, agrees=True)
    return by_export(inspected, found)


def by_export(inspected: Inspected, export: Export) -> TableReading:
    """Read what a tool's files say; images that they do not name come without a class."""
    files, _ = files_beside(inspected, export.tables)
    labels = without_repeats(export.labels)
    matched = _matched(export, labels, files)
    source = some([table.name for table in export.tables], 2)
    if not hits(matched):
        if not export.layout:
            return TableReading(None, agrees=True)
        raise _none_beside(export, labels, source, files)
    split_by_folders(labels, matched, files)
    if not export.layout:
        metadata = {
            files[name].name: label.metadata
            for label, name in zip(labels, matched.files, strict=True)
            if name
        }
        return TableReading(
            None, agrees=True, tool=export.tool, tables=export.tables, metadata=metadata
        )
    plan = plan_by_labels(files, labels, matched, source, keeps_others=True)
    note = " ".join([*export.notes, *left_out(plan.not_taken)])
    doubt = looks_like(export.tool, note)
    reading = Reading(export.layout, plan, export.encoding, note, export.tool)
    return TableReading(reading, doubt, export.encodings, aside=True)


def _matched(export: Export, labels: list[Label], files: Mapping[str, Member]) -> Match:
    """Find the files as the tool means its names: ids, addresses of elsewhere, paths in the zip."""
    if export.layout == AZURE:
        return match_ids(labels, files)
    if export.layout == KAGGLE:
        return match_addresses(labels, files, stems=True, split=export.split)
    if export.layout == LABEL_STUDIO:
        return match_addresses(labels, files, without_prefix)
    if export.layout == VERTEX:
        return match_addresses(labels, files)
    if export.layout == DATUMARO:
        return match_addresses(labels, files, without_subset, whole=True)
    if export.layout == IMAGENET:
        return match_addresses(labels, files, whole=True)
    return match_paths(labels, files)


def looks_like(tool: str, note: str) -> str:
    """Return why an export needs a yes: what it was recognised as, and what is to be known."""
    what = "a data set of Kaggle" if tool == kaggle.TOOL else f"an export of {tool}"
    return f"This looks like {what}. {note}".strip()


def left_out(not_taken: Iterable[NotTaken]) -> list[str]:
    """Return a sentence on what of a tool's export will not come in, and why."""
    counts = Counter(one.code for one in not_taken if one.outcome == "rejected")
    if not counts:
        return []
    told = ", ".join(
        f"{count:,} image{'' if count == 1 else 's'} {_REASONS.get(code, f'({code})')}"
        for code, count in counts.items()
    )
    return [f"Left out and named in the report: {told}."]


_REASONS = {
    "missing_file": "not in the archive",
    "several_classes": "with several classes",
    "annotators_disagree": "about which annotators disagree",
    "named_twice": "named twice with different values",
    "ambiguous_name": "whose names fit several files",
    "unknown_split": "with an unknown split",
    "bad_class_name": "with a name that no class may have",
    "other_split": "whose names only files of another split have",
    "picture_inside": "written into the file itself",
}


def _none_beside(
    export: Export, labels: list[Label], source: str, files: Iterable[str]
) -> ArchiveRefused:
    others = any(map(looks_like_image, files))
    named = some([label.file for label in labels], 3)
    return ArchiveRefused(
        f"{looks_like(export.tool, '')} It holds none of the {len(labels):,} images that {source} "
        f"names, such as {named}.",
        code="labels_match_nothing",
        hint="Loupe opens no addresses. Download the images and put them into the same zip"
        + (f", or take {source} out to import those that are in it." if others else "."),
    )
