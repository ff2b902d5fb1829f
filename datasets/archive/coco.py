"""COCO files: boxes of categories on images. Classes only where each image has one category.

Azure Custom Vision writes one without boxes when it is migrated
(https://learn.microsoft.com/azure/ai-services/computer-vision/how-to/migrate-from-custom-vision).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from datasets.archive.json_parts import NotJson, parts
from datasets.archive.labels import Label
from datasets.archive.names import clean_class_name
from datasets.errors import ArchiveRefused

MAX_BYTES = 512 << 20
MOST_ENTRIES = 3_000_000


def is_coco(name: str) -> bool:
    """Whether a file's name is one that COCO exports have."""
    file = name.rsplit("/", 1)[-1].casefold()
    return file.endswith(".json") and ("coco" in file or file.startswith("instances_"))


def parse(name: str, chunks: Iterable[bytes]) -> tuple[list[Label], bool]:
    """Return a label for each image, and whether there are boxes, which get lost.

    Raises `ArchiveRefused` (`unsupported_layout`) when an image has several categories: boxes are
    no classes of images. An image without annotation has no class.
    """
    document = _Document()
    try:
        for number, (key, value) in enumerate(parts(chunks)):
            if number >= MOST_ENTRIES:
                raise _refused(f"“{name}” has more than {MOST_ENTRIES:,} entries.")
            document.add(key, value)
        labelled, categories = document.finished()
    except (NotJson, KeyError, TypeError, AttributeError):
        raise _refused(f"“{name}” looks like a COCO file and cannot be read as one.") from None
    if any(category not in categories for _, found in labelled for category in found):
        raise _refused(f"“{name}” uses a category that it does not define.")
    named = [(file, {categories[category] for category in found}) for file, found in labelled]
    several = sum(len(names) > 1 for _, names in named)
    if several:
        raise _refused(
            f"“{name}” is a COCO export for object detection: {several:,} of {len(named):,} images "
            "have boxes of several categories. Boxes are not classes of whole images."
        )
    return list(_labels(named)), document.boxes


class _Document:
    """What was read so far: files and categories by id, the categories of each image."""

    def __init__(self) -> None:
        self.files: dict[Any, str] = {}
        self.categories: dict[Any, str] = {}
        self.annotated: dict[Any, set[Any]] = {}
        self.boxes = False

    def add(self, key: str, value: Any) -> None:
        if key == "images":
            self.files[value["id"]] = str(value["file_name"])
        elif key == "categories":
            self.categories[value["id"]] = str(value["name"])
        elif key == "annotations":
            self.boxes = self.boxes or bool(value.get("bbox") or value.get("segmentation"))
            self.annotated.setdefault(value["image_id"], set()).add(value["category_id"])

    def finished(self) -> tuple[list[tuple[str, set[Any]]], dict[Any, str]]:
        """Return (file, ids of its categories) of each image, and what these ids are called."""
        if not self.files:
            raise NotJson("it has no images")
        found = [(file, self.annotated.get(image, set())) for image, file in self.files.items()]
        return found, self.categories


def _labels(named: Iterable[tuple[str, set[str]]]) -> Iterator[Label]:
    for file, names in named:
        label = Label(file=file.replace("\\", "/").removeprefix("./"))
        for name in names:
            try:
                label.class_name = clean_class_name(name)
            except ValueError as error:
                label.problem = ("bad_class_name", str(error))
        yield label


def _refused(detail: str) -> ArchiveRefused:
    return ArchiveRefused(
        detail,
        code="unsupported_layout",
        hint="Export the images in one folder per class, or with a labels.csv of file,class_name.",
    )
