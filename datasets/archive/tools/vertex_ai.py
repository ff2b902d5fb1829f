"""Vertex AI (AutoML): the CSV or JSON lines that a dataset is imported from and exported to.

https://cloud.google.com/vertex-ai/docs/image-data/classification/prepare-data: lines of
`[ML_USE],GCS_FILE_PATH,[LABEL…]` without a header, or documents with `imageGcsUri`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from datasets.archive.csv_rows import Row
from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.tools.addresses import path_of
from datasets.archive.tools.export import give_classes, give_split, unsupported

TOOL = "Vertex AI"
_BUCKET = "gs://"
_ML_USE = "aiplatform.googleapis.com/ml_use"
_WORDS = {"validate": "validation"}


def is_line(row: list[str]) -> bool:
    """Whether a line of a table names an image in a bucket, first or after its use."""
    return any(value.strip().casefold().startswith(_BUCKET) for value in row[:2])


def is_document(entry: Any) -> bool:
    """Whether the first of some JSON lines is an image of Vertex AI."""
    return isinstance(entry, dict) and isinstance(entry.get("imageGcsUri"), str)


def read_lines(table: Member, rows: Iterable[Row]) -> list[Label]:
    """Return a label for each line; raises `ArchiveRefused` for boxes."""
    labels = []
    for number, row in rows:
        values = [value.strip() for value in row]
        if not is_line(values):
            if number > 1:
                file = " ".join(filter(None, values))[:200]
                labels.append(Label(file, absent=("no_image", "The line names no image.")))
            continue
        use = "" if values[0].casefold().startswith(_BUCKET) else values[0]
        address, *rest = values[1:] if use or not values[0] else values
        if len(rest) > 2 and sum(map(_is_number, rest[1:])) >= 2:
            raise _boxes(table)
        labels.append(_label(address, use, rest))
    return labels


def read_documents(table: Member, documents: Iterator[Any]) -> list[Label]:
    """Return a label for each document; raises `ArchiveRefused` for boxes."""
    labels = []
    for document in documents:
        if not is_document(document):
            continue
        if document.get("boundingBoxAnnotations"):
            raise _boxes(table)
        annotations = document.get("classificationAnnotations") or [
            document.get("classificationAnnotation")
        ]
        names = [
            str(one.get("displayName", ""))
            for one in annotations
            if isinstance(one, dict)
        ]  # fmt: skip
        marks = document.get("dataItemResourceLabels")
        use = str(marks.get(_ML_USE, "")) if isinstance(marks, dict) else ""
        labels.append(_label(document["imageGcsUri"], use, names))
    return labels


def _label(address: str, use: str, names: list[str]) -> Label:
    label = Label(file=path_of(address))
    give_classes(label, names)
    give_split(label, _WORDS.get(use.casefold(), use))
    return label


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _boxes(table: Member) -> Exception:
    return unsupported(
        TOOL, table, "for object detection: it holds boxes. Boxes are no classes of whole images."
    )
