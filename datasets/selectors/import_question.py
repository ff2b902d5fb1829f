"""The question of an import as its page asks it: what folders mean and how names are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from common.codepages import CODE_PAGES
from datasets.models import Import
from datasets.selectors.imports import example_path

PICTURED = 8
_SEVERAL = "Its folders can be read in more than one way."


@dataclass(frozen=True)
class ReadClass:
    """A class of a reading; `picture_url` is empty where no picture of it could be decoded."""

    name: str
    count: int
    picture_url: str


@dataclass(frozen=True)
class ClassEdit:
    """What a class of a reading shall be called, or that it is left out; `field` is in the form."""

    field: str
    name: str
    count: int
    called: str
    left_out: bool


@dataclass(frozen=True)
class ReadingChoice:
    """One layout to choose, with what it would make of the archive.

    `edits` are its classes to rename; none where the code page has to be chosen first.
    """

    reading: dict[str, Any]
    classes: list[ReadClass]
    edits: list[ClassEdit]

    @property
    def more_classes(self) -> int:
        """How many classes are not shown."""
        return int(self.reading["class_count"]) - len(self.classes)


@dataclass(frozen=True)
class EncodingChoice:
    """One code page to choose, with what classes are called in it."""

    encoding: str
    title: str
    names: list[str]


@dataclass(frozen=True)
class ImportQuestion:
    """What has to be chosen, and why; `encodings` is empty where every name tells its own."""

    why: str
    layouts: list[ReadingChoice]
    encodings: list[EncodingChoice]


def import_question(source: Import, posted: Mapping[str, Any]) -> ImportQuestion:
    """Return the question that an import waits with; `posted` is an answer that was refused."""
    readings: list[dict[str, Any]] = source.readings
    pages = list(dict.fromkeys(reading["encoding"] for reading in readings))
    several = len({reading["layout"] for reading in readings}) > 1
    noted = any(reading["note"] or reading.get("tool") for reading in readings)
    return ImportQuestion(
        # The readings themselves stand below it.
        why=_SEVERAL if several and not noted else (source.job.error or {}).get("detail", ""),
        layouts=[
            ReadingChoice(
                reading,
                [_class(source, one) for one in reading["classes"][:PICTURED]]
                or _unlabelled(source, reading),
                _edits(reading, posted) if len(pages) == 1 else [],
            )
            for reading in readings
            if reading["encoding"] == pages[0]
        ],
        encodings=[
            EncodingChoice(page, code_page_title(page), _names(readings, page))
            for page in (pages if len(pages) > 1 else ())
        ],
    )


def mapping_of(source: Import, layout: str, posted: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what the form says of the classes of the reading with this layout."""
    reading = next((one for one in source.readings if one["layout"] == layout), None)
    edits = _edits(reading, posted) if reading else []
    return {
        edit.name: None if edit.left_out else edit.called
        for edit in edits
        if edit.left_out or edit.called != edit.name
    }


def _edits(reading: dict[str, Any], posted: Mapping[str, Any]) -> list[ClassEdit]:
    return [
        ClassEdit(
            field=field,
            name=one["name"],
            count=one["count"],
            called=str(posted.get(field, one["name"])),
            left_out=f"{field}-out" in posted,
        )
        for number, one in enumerate(reading["classes"])
        for field in [f"{reading['layout']}-{number}"]
    ]


def code_page_title(encoding: str) -> str:
    """Return what people know a code page as."""
    return CODE_PAGES.get(encoding, encoding)


def _names(readings: list[dict[str, Any]], page: str) -> list[str]:
    first = next(reading for reading in readings if reading["encoding"] == page)
    return [one["name"] for one in first["classes"][:PICTURED]]


def _class(source: Import, one: dict[str, Any]) -> ReadClass:
    return ReadClass(one["name"], one["count"], _picture(source, one["example"]))


def _unlabelled(source: Import, reading: dict[str, Any]) -> list[ReadClass]:
    count = reading["unlabelled"]
    return [ReadClass("", count, _picture(source, name)) for name in reading["examples"][:1]]


def _picture(source: Import, name: str) -> str:
    if not example_path(source, name).is_file():
        return ""
    return f"{reverse('api:import-example', args=[source.pk])}?{urlencode({'name': name})}"
