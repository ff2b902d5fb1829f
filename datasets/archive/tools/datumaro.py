"""Datumaro's own format, which CVAT exports: `annotations/<subset>.json` with `images/<subset>/`.

https://docs.cvat.ai/docs/dataset_management/formats/format-datumaro and
https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/datumaro_format.html: labels
stand in `categories.label.labels`, each of `items` has annotations, whose `label_id` counts them.
"""

from collections.abc import Iterator
from typing import Any

from datasets.archive.json_parts import NotJson
from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.names import split_of_folder
from datasets.archive.tools.addresses import path_of
from datasets.archive.tools.export import (
    counted,
    give_classes,
    give_metadata,
    sentences,
    too_long_texts,
    unsupported,
)

TOOL = "Datumaro (CVAT)"


def is_datumaro(key: str, value: Any) -> bool:
    """Whether an entry of a document is Datumaro's categories, or the first of its items."""
    if key == "categories":
        return isinstance(value, dict) and isinstance(value.get("label"), dict)
    return (
        key == "items"
        and isinstance(value, dict)
        and "id" in value
        and isinstance(value.get("annotations"), list)
    )


def read(table: Member, entries: Iterator[tuple[str, Any]]) -> tuple[list[Label], list[str]]:
    """Return a label for each item, in the split that the table is called after.

    Its file is `<subset>/<path>`: two subsets may have images of one name.
    Raises `ArchiveRefused` for annotations that are boxes, polygons or the like alone, and
    `NotJson` for a table without categories.
    """
    names: list[str] | None = None
    items: list[tuple[Label, list[int]]] = []
    shapes = too_long = 0
    subset = table.name.rsplit("/", 1)[-1].rpartition(".")[0]
    split = split_of_folder(subset) or ""
    for key, value in entries:
        if key == "categories" and isinstance(value, dict):
            names = _names(value)
        elif key == "items" and isinstance(value, dict):
            label, ids, others = _item(value)
            label.file = f"{subset}/{label.file}"
            label.split = split
            shapes += others
            too_long += give_metadata(label, _attributes(value))
            items.append((label, ids))
    if names is None:
        raise NotJson("it has no categories")
    if shapes and not any(ids for _, ids in items):
        raise unsupported(
            TOOL, table, f"with {shapes:,} shapes and no labels of whole images (CVAT calls them "
            "tags)."
        )  # fmt: skip
    for label, ids in items:
        if any(number not in range(len(names)) for number in ids):
            label.problem = ("unknown_label", "It has a label that the file does not define.")
        else:
            give_classes(label, [names[number] for number in ids])
    return [label for label, _ in items], sentences(
        counted(
            shapes,
            "1 box or other shape is left out.",
            "{count} boxes or other shapes are left out.",
        ),
        too_long_texts(too_long),
    )


def without_subset(path: str) -> str:
    """Return where an image lies that has no folder of its subset, as older versions wrote it."""
    return f"images/{path.partition('/')[2]}"


def _names(categories: dict[str, Any]) -> list[str]:
    try:
        return [str(label["name"]) for label in categories["label"]["labels"]]
    except (KeyError, TypeError):
        return []


def _item(item: dict[str, Any]) -> tuple[Label, list[int], int]:
    """Return an item's label without class, the numbers of its classes, and how many shapes."""
    media = item.get("image") or item.get("media") or {}
    path = media.get("path") if isinstance(media, dict) else ""
    label = Label(file=path_of(str(path or item.get("id", ""))))
    ids: list[int] = []
    shapes = 0
    annotations = item.get("annotations")
    for annotation in annotations if isinstance(annotations, list) else ():
        if not isinstance(annotation, dict) or annotation.get("type") != "label":
            shapes += 1
        elif isinstance(number := annotation.get("label_id"), int):
            ids.append(number)
    return label, ids, shapes


def _attributes(item: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of an item's only label, such as CVAT's of a tag."""
    labels = [
        one
        for one in item.get("annotations") or ()
        if isinstance(one, dict) and one.get("type") == "label"
    ]
    attributes = labels[0].get("attributes") if len(labels) == 1 else None
    return attributes if isinstance(attributes, dict) else {}
