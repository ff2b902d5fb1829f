"""What a copy of a dataset, or of one of its versions, would hold, by a mapping of its classes."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.models import User
from common.errors import FieldError, Invalid, Unprocessable, pointer_part
from datasets.archive.names import clean_class_name
from datasets.models import ClassLabel, Dataset, DatasetCopy, DatasetVersion

# As many as an archive may have.
MOST_IMAGES = 100_000
_BLOCK = 5_000
# `class_name` is the source's, empty for none; `origin` the image's own row.
_OF_VERSION = """
SELECT sample.image_id AS origin, sample.sha256, sample.name, sample.metadata,
       version.class_names ->> sample.class_index AS class_name,
       CASE sample.split WHEN 0 THEN 'train' WHEN 1 THEN 'validation' ELSE 'test' END AS split,
       NULL::timestamptz AS excluded_at, sample.id AS place
FROM datasets_sample AS sample JOIN datasets_datasetversion AS version
    ON version.id = sample.version_id
WHERE sample.version_id = %(source)s AND NOT sample.forgotten
"""
_OF_DATASET = """
SELECT image.id AS origin, image.sha256, image.name, image.metadata,
       coalesce(label.name, '') AS class_name, image.split, image.excluded_at,
       row_number() OVER (ORDER BY image.created_at, image.id) AS place
FROM datasets_image AS image LEFT JOIN datasets_classlabel AS label
    ON label.id = image.class_label_id
WHERE image.dataset_id = %(source)s AND image.deleted_at IS NULL
"""
# Where classes are merged, a content that had both comes once: the one of test, which no training
# may see, then one that is not left out, then the first by name.
_TAKEN = """
WITH source AS ({source}), mapped AS (
    SELECT source.*, coalesce(mapping.target, source.class_name) AS target,
           mapping.name IS NOT NULL AND mapping.target = '' AS is_left_out
    FROM source LEFT JOIN unnest(%(names)s::text[], %(targets)s::text[]) AS mapping (name, target)
        ON mapping.name = source.class_name AND source.class_name <> ''
), taken AS (
    SELECT mapped.*, class_name <> first_value(class_name) OVER (
        PARTITION BY sha256, target
        ORDER BY split = 'test' DESC, excluded_at IS NULL DESC, class_name) AS is_twin
    FROM mapped WHERE NOT is_left_out
)
"""
_COUNT = """
SELECT taken.class_name, taken.target, count(*) FILTER (WHERE NOT is_twin),
       count(*) FILTER (WHERE is_twin), coalesce(sum(image.bytes) FILTER (WHERE NOT is_twin), 0)
FROM taken JOIN datasets_image AS image ON image.id = taken.origin
GROUP BY taken.class_name, taken.target ORDER BY taken.class_name
"""
_ROWS = """
SELECT taken.origin, taken.sha256, taken.name, taken.metadata, taken.class_name, taken.target,
       taken.split, taken.excluded_at IS NOT NULL, image.width, image.height, image.format,
       image.bytes
FROM taken JOIN datasets_image AS image ON image.id = taken.origin
WHERE NOT is_twin ORDER BY taken.place
"""


@dataclass(frozen=True)
class ClassCopied:
    """A class of the source: what it is called in the copy (empty: it is left out, or has none),
    how many images come, and how many do not, as their content comes by a merged class already."""

    class_name: str
    target: str
    images: int
    twins: int


@dataclass(frozen=True)
class CopyPlan:
    """What would come; `classes` are all of the source, those that are left out with 0 images."""

    classes: list[ClassCopied]
    bytes: int

    @property
    def images(self) -> int:
        """How many images would come."""
        return sum(each.images for each in self.classes)

    @property
    def targets(self) -> list[str]:
        """The classes of the copy, by name."""
        return sorted({each.target for each in self.classes if each.target and each.images})


@dataclass(frozen=True)
class Source:
    """A dataset as it is now, or one of its versions."""

    dataset: Dataset
    version: DatasetVersion | None

    @property
    def class_names(self) -> list[str]:
        """Its classes."""
        if self.version is not None:
            return list(self.version.class_names)
        labels = ClassLabel.objects.filter(dataset=self.dataset)
        return list(labels.order_by("position", "name").values_list("name", flat=True))

    @property
    def _values(self) -> tuple[str, uuid.UUID]:
        if self.version is not None:
            return _OF_VERSION, self.version.pk
        return _OF_DATASET, self.dataset.pk


def checked_mapping(source: Source, mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what is taken otherwise than it is, by the source's names; empty: left out.

    Raises `Invalid` with a pointer for each name that the source does not have, and for each that
    no class can have.
    """
    known = set(source.class_names)
    faults, checked = [], {}
    for name, target in mapping.items():
        pointer = f"/class_mapping/{pointer_part(name)}"
        if name not in known:
            detail = f"The source has no class {name!r}."
            faults.append(FieldError(pointer, "unknown_class", detail))
            continue
        try:
            checked[name] = clean_class_name(target) if target.strip() else ""
        except ValueError as error:
            faults.append(FieldError(pointer, "invalid", str(error)))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    return {name: target for name, target in checked.items() if name != target}


def plan_of(source: Source, mapping: Mapping[str, str]) -> CopyPlan:
    """Count what a copy would hold; raises `Unprocessable` where nothing or too much would come."""
    statement, values = _statement(source, mapping, _COUNT)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    counted = {row[0]: row for row in rows}
    classes = [
        ClassCopied(name, row[1], row[2], row[3])
        if (row := counted.get(name))
        else ClassCopied(name, mapping.get(name, name), 0, 0)
        for name in [*source.class_names, *([""] if "" in counted else [])]
    ]
    plan = CopyPlan(classes, int(sum(row[4] for row in rows)))
    if not plan.images:
        raise Unprocessable("Nothing is left to copy: every class is left out, or has no images.")
    if plan.images > MOST_IMAGES:
        raise Unprocessable(
            f"One copy may have {MOST_IMAGES:,} images; this one would have {plan.images:,}.",
            code="too_many_images",
            hint="Leave classes out and copy them by themselves.",
        )
    return plan


def rows_to_copy(source: Source, mapping: Mapping[str, str]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield blocks of rows, in the order of the source: its image's id, SHA-256, name, metadata,
    class, class in the copy, split, whether it is left out of versions, width, height, format,
    bytes."""
    statement, values = _statement(source, mapping, _ROWS)
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while block := cursor.fetchmany(_BLOCK):
            yield block


def _statement(
    source: Source, mapping: Mapping[str, str], ending: str
) -> tuple[str, dict[str, Any]]:
    inner, key = source._values
    values = {"source": str(key), "names": list(mapping), "targets": list(mapping.values())}
    return _TAKEN.format(source=inner) + ending, values


def visible_copies(user: User) -> Any:
    """Return the copies into organizations of the user's, newest first."""
    return (
        DatasetCopy.objects.for_user(user)
        .select_related("job", "organization", "dataset", "created_by")
        .order_by("-created_at", "-id")
    )


def visible_copy(user: User, copy_id: uuid.UUID) -> DatasetCopy:
    """Return one of them; raises `NotFound`."""
    copy: DatasetCopy = visible_copies(user).get_visible(copy_id)
    return copy
