"""COCO files: boxes of categories on images. Classes only where each image has one category."""

import json
from typing import Any

from datasets.archive.labels import Label
from datasets.archive.names import clean_class_name
from datasets.errors import ArchiveRefused

MAX_BYTES = 256 << 20


def is_coco(name: str) -> bool:
    """Whether a file's name is one that COCO exports have."""
    file = name.rsplit("/", 1)[-1].casefold()
    return file.endswith(".json") and ("coco" in file or file.startswith("instances_"))


def parse(name: str, content: bytes) -> tuple[list[Label], bool]:
    """Return a label for each image, and whether there are boxes, which get lost.

    Raises `ArchiveRefused` (`unsupported_layout`) when an image has several categories: boxes are
    no classes of images. An image without annotation has no class.
    """
    try:
        document: Any = json.loads(content)
        categories = {one["id"]: str(one["name"]) for one in document["categories"]}
        files = {one["id"]: str(one["file_name"]) for one in document["images"]}
        annotations = [(one["image_id"], one["category_id"]) for one in document["annotations"]]
        boxes = any(one.get("bbox") or one.get("segmentation") for one in document["annotations"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _refused(f"“{name}” looks like a COCO file and cannot be read as one.") from None
    named: dict[Any, set[str]] = {}
    for image, category in annotations:
        if category not in categories:
            raise _refused(f"“{name}” uses a category that it does not define.")
        named.setdefault(image, set()).add(categories[category])
    several = sum(len(names) > 1 for names in named.values())
    if several:
        raise _refused(
            f"“{name}” is a COCO export for object detection: {several:,} of {len(files):,} images "
            "have boxes of several categories. Boxes are not classes of whole images."
        )
    return [_label(file, named.get(image, set())) for image, file in files.items()], boxes


def _label(file: str, names: set[str]) -> Label:
    label = Label(file=file.replace("\\", "/").removeprefix("./"))
    for name in names:
        try:
            label.class_name = clean_class_name(name)
        except ValueError as error:
            label.problem = ("bad_class_name", str(error))
    return label


def _refused(detail: str) -> ArchiveRefused:
    return ArchiveRefused(
        detail,
        code="unsupported_layout",
        hint="Export the images in one folder per class, or with a labels.csv of file,class_name.",
    )
