"""What the files of a tool say about an archive's images."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datasets.archive.entry_names import shown
from datasets.archive.labels import Label
from datasets.archive.labels_csv import (
    MAX_COLUMN_CHARACTERS,
    MAX_METADATA_COLUMNS,
    MAX_VALUE_CHARACTERS,
)
from datasets.archive.member import Member
from datasets.archive.names import clean_class_name, split_of_folder
from datasets.errors import ArchiveRefused

_REST = ("unassigned", "unsplit", "default")
_NAMED = 5


@dataclass
class Export:
    """What one tool's files say: a label for each image that they name.

    `layout` is the reading's, `tables` are the files that were read, `notes` sentences for people
    to read before they say yes. `encoding` is the code page that was taken, `encodings` those that
    come into question; both empty for text that says how it is written. `split` is the one whose
    folder holds the images, where several have files of the same names.
    """

    tool: str
    layout: str
    tables: list[Member]
    labels: list[Label]
    notes: list[str] = field(default_factory=list)
    encoding: str = ""
    encodings: list[str] = field(default_factory=list)
    split: str = ""


def give_classes(label: Label, names: Collection[str]) -> None:
    """Set the class that one or no name gives; several become the label's problem."""
    distinct = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(distinct) > 1:
        listed = ", ".join(f"“{shown(name, 60)}”" for name in distinct[:_NAMED])
        more = f" and {len(distinct) - _NAMED} more" if len(distinct) > _NAMED else ""
        label.problem = (
            "several_classes",
            f"It has {len(distinct)} classes ({listed}{more}); Loupe gives an image one.",
        )
    elif distinct:
        try:
            label.class_name = clean_class_name(distinct[0])
        except ValueError as error:
            label.problem = ("bad_class_name", str(error))


def give_split(label: Label, name: str) -> None:
    """Set the split that a tool's word for it means; an unknown word is the label's problem."""
    label.says_split = True
    if not name.strip() or name.strip().casefold() in _REST:
        return
    label.split = split_of_folder(name) or ""
    if not label.split:
        label.problem = (
            "unknown_split",
            f"The split may be train, validation or test; received “{shown(name, 40)}”.",
        )


def give_metadata(label: Label, values: Mapping[str, Any]) -> int:
    """Keep texts and numbers within the limits of a labels.csv; return how many were too long."""
    too_long = 0
    for key, value in values.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        text = shown(str(value).strip(), 4 * MAX_VALUE_CHARACTERS)
        if len(text) > MAX_VALUE_CHARACTERS:
            too_long += 1
        elif text and _is_column(key) and len(label.metadata) < MAX_METADATA_COLUMNS:
            label.metadata[key] = text
    return too_long


def _is_column(key: str) -> bool:
    return 0 < len(key) <= MAX_COLUMN_CHARACTERS and key.isprintable()


def too_many(table: Member, most: int) -> ArchiveRefused:
    """Return the refusal of a file that names more images than may be."""
    return ArchiveRefused(
        f"With “{table.name}”, more than {most:,} images are named.",
        code="too_many_labels",
        hint="Split the export into several archives.",
    )


def unsupported(tool: str, table: Member, what: str, hint: str = "") -> ArchiveRefused:
    """Return the refusal of an export that holds no classes of whole images; `what` says what."""
    return ArchiveRefused(
        f"“{table.name}” is an export of {tool} {what}",
        code="unsupported_layout",
        hint=hint or "Take this file out to import the images without classes.",
    )


def counted(count: int, one: str, several: str) -> str:
    """Return the sentence for one or for several, with the number in it; empty for none."""
    if not count:
        return ""
    return one if count == 1 else several.format(count=f"{count:,}")


def too_long_texts(count: int) -> str:
    """Return what became of texts that are too long for metadata."""
    return counted(
        count,
        f"1 text of more than {MAX_VALUE_CHARACTERS} characters is left out of the metadata.",
        f"{{count}} texts of more than {MAX_VALUE_CHARACTERS} characters are left out of the "
        "metadata.",
    )


def sentences(*texts: str) -> list[str]:
    """Return those that say something."""
    return [text for text in texts if text]


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """Return the first names, in quotation marks."""
    return ", ".join(f"“{shown(name, 60)}”" for name in names[:most])
