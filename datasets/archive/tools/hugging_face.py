"""Hugging Face's `imagefolder`: `metadata.csv` or `metadata.jsonl` beside the images.

https://huggingface.co/docs/datasets/image_dataset#imagefolder: each line has `file_name`, relative
to the table; a column `label` or the like is the class, further ones are metadata. Numbers as
classes are explained by `class_label` in the `dataset_info` of `README.md`.
"""

import re
from collections.abc import Iterable
from typing import Any

from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.tools.addresses import path_of
from datasets.archive.tools.export import (
    give_classes,
    give_metadata,
    sentences,
    too_long_texts,
    unsupported,
)

TOOL = "Hugging Face imagefolder"
TABLES = ("metadata.csv", "metadata.jsonl")
README = "readme.md"
FILE = "file_name"
# The columns that name the class, the surest first.
CLASSES = ("label", "labels", "class", "class_name", "category", "target")
_NAMES = re.compile(
    r"class_label:[ \t]*\n[ \t]*names:[ \t]*\n((?:[ \t]+['\"]?\d{1,6}['\"]?:[^\n]*\n?)+)"
)
_NAME = re.compile(r"^[ \t]+['\"]?(\d{1,6})['\"]?:[ \t]*([^\n]*)$", re.MULTILINE)


def label_names(readme: str) -> dict[str, str]:
    """Return what a dataset card calls the numbers of its classes; empty where it says nothing."""
    found = _NAMES.search(readme)
    names = _NAME.findall(found[1]) if found else []
    return {number: name.strip().strip("'\"") for number, name in names}


def read(
    table: Member, lines: Iterable[dict[str, Any]], names: dict[str, str]
) -> tuple[list[Label], list[str], bool]:
    """Return a label for each line, what is to be known, and whether a column gives the classes.

    `names` are those of `label_names`. Raises `ArchiveRefused` for boxes without classes.
    """
    folder = table.name.rpartition("/")[0]
    labels: list[Label] = []
    column, boxes, too_long = "", False, 0
    for line in lines:
        file = str(line.get(FILE) or "").strip()
        column = column or next((one for one in CLASSES if one in line), "")
        objects = line.get("objects")
        boxes = boxes or (isinstance(objects, dict) and "bbox" in objects)
        label = Label(path_of(f"{folder}/{file}" if folder else file))
        if not file:
            label.absent = ("no_image", "The line has no file_name.")
        given = line.get(column) if column else None
        values = given if isinstance(given, list) else [given]
        give_classes(label, [_named(value, names) for value in values])
        rest = {key: value for key, value in line.items() if key not in (FILE, column)}
        too_long += give_metadata(label, rest)
        labels.append(label)
    if boxes and not column:
        raise unsupported(
            TOOL, table, "for object detection: it holds boxes. Boxes are no classes of whole "
            "images."
        )  # fmt: skip
    numbers = {label.class_name for label in labels if label.class_name}
    return (
        labels,
        sentences(
            "Its classes are numbers and no README.md says what they mean: name them below."
            if numbers and not names and all(name.isdecimal() for name in numbers)
            else "",
            too_long_texts(too_long),
        ),
        bool(column),
    )


def _named(value: Any, names: dict[str, str]) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return "" if value is None else str(value).lower()[:40]
    text = str(value).strip()
    return names.get(text, text)
