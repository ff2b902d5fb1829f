"""The ways in which an archive can be read, and what each makes of it, for people to choose."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.archive.folders import (
    CLASS_FOLDERS,
    INNERMOST_FOLDERS,
    SPLIT_FOLDERS,
    SPLIT_INNERMOST,
    SPLIT_ONLY,
    UNLABELLED,
)
from datasets.archive.names import may_be_image
from datasets.archive.plan import Candidate, Plan

LABELS_CSV = "labels_csv"
LABELS_CSV_SIMILAR = "labels_csv_similar_names"
CLASSES_CSV = "classes_csv"
COCO = "coco_categories"
LABEL_STUDIO = "label_studio"
AZURE = "azure_custom_vision"
VERTEX = "vertex_ai"
DATUMARO = "datumaro"
IMAGENET = "imagenet_lists"
HUGGING_FACE = "hugging_face"
KAGGLE = "kaggle_table"
ARCHIVE_NAME = "archive_name"
LAYOUTS = {
    CLASS_FOLDERS: "one folder per class",
    INNERMOST_FOLDERS: "the innermost folder is the class",
    SPLIT_FOLDERS: "folders of splits with a folder per class",
    SPLIT_INNERMOST: "folders of splits; the innermost folder is the class",
    SPLIT_ONLY: "folders of splits without classes",
    UNLABELLED: "images without classes",
    LABELS_CSV: "by labels.csv",
    LABELS_CSV_SIMILAR: "by labels.csv, its file names taken for similar ones",
    CLASSES_CSV: "by Roboflow’s _classes.csv",
    COCO: "by the one category that each image has in COCO’s file",
    LABEL_STUDIO: "by the choices of Label Studio’s annotators",
    AZURE: "by the tags of Azure Custom Vision",
    VERTEX: "by Vertex AI’s list of images",
    DATUMARO: "by the labels of Datumaro’s format, as CVAT exports it",
    IMAGENET: "by lists of ImageNet’s form, as CVAT exports them",
    HUGGING_FACE: "by Hugging Face’s metadata file",
    KAGGLE: "by the table that names the images",
    ARCHIVE_NAME: "all of one class, by the archive’s name",
}
MOST_CLASSES = 100
MOST_EXAMPLES = 8
_NAMED = 6
_SPLITS = ("train", "validation", "test")


@dataclass
class Reading:
    """One way to read an archive; `encoding` is empty where every name says how it is written.

    `tool` is the one that the archive looks like an export of; empty for none.
    """

    layout: str
    plan: Plan
    encoding: str = ""
    note: str = ""
    tool: str = ""

    def images(self) -> list[Candidate]:
        """Return the files that shall become images and can by their names."""
        return [c for c in self.plan.candidates if may_be_image(c.name)]

    def title(self) -> str:
        """Return the reading in a few words: what the splits and classes would be."""
        images = self.images()
        splits = {c.split for c in images if c.split}
        return _title(self.layout, splits, sorted({c.class_name for c in images if c.class_name}))

    def as_json(self) -> dict[str, Any]:
        """Return what the reading would make of the archive, as the API and the page show it.

        `examples` are names in the archive; at most `MOST_CLASSES` classes are listed.
        """
        images = self.images()
        splits = Counter(c.split for c in images if c.split)
        classes = Counter(c.class_name for c in images if c.class_name)
        first: dict[str, str] = {}
        for candidate in images:
            first.setdefault(candidate.class_name, candidate.member.name)
        names = sorted(classes)
        return {
            "layout": self.layout,
            "title": _title(self.layout, splits, names),
            "note": self.note,
            "tool": self.tool,
            "encoding": self.encoding or None,
            "images": len(images),
            "splits": [{"name": name, "count": splits[name]} for name in _SPLITS if splits[name]],
            "classes": [
                {"name": name, "count": classes[name], "example": first[name]}
                for name in names[:MOST_CLASSES]
            ],
            "class_count": len(names),
            "unlabelled": sum(not c.class_name for c in images),
            "examples": [first[name] for name in [*names, ""] if name in first][:MOST_EXAMPLES],
            "ignored": len(self.plan.not_taken),
        }


def _title(layout: str, splits: Iterable[str], classes: Sequence[str]) -> str:
    named = f"classes {_listed(classes)}"
    divided = f"splits {_listed(sorted(splits, key=_SPLITS.index))}"
    words = {
        CLASS_FOLDERS: named,
        INNERMOST_FOLDERS: f"{named}, by the innermost folders",
        SPLIT_FOLDERS: f"{divided} with {named}",
        SPLIT_INNERMOST: f"{divided} with {named}, by the innermost folders",
        SPLIT_ONLY: f"{divided}, without classes",
        UNLABELLED: "images without classes",
    }
    text = words.get(layout) or f"{named}, {LAYOUTS[layout]}"
    return text[0].upper() + text[1:]


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
