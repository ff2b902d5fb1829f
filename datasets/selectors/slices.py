"""Subgroups: what a version's metadata divides its images into, for reports to tell apart.

A column with up to 20 different values has a slice for each; one of numbers with more has four, of
about as many images each. Images without a value are a slice too; a column that puts all images
into one slice is left out. Bounds and values are those of
the whole version, so that reports on its splits speak of the same slices.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from django.db import connection

from datasets.models import DatasetVersion, Sample, Split

MAX_VALUES = 20
NO_VALUE = "(no value)"
# What Python and Postgres both read as a finite number.
_NUMBER = r"^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?$"
_CELLS = """
FROM datasets_sample AS sample, jsonb_each_text(sample.metadata) AS cell(name, value)
WHERE sample.version_id = %(version)s AND cell.value <> ''
"""
_COLUMNS = f"""
SELECT cell.name, count(*), count(DISTINCT cell.value), bool_and(cell.value ~ %(number)s) {_CELLS}
GROUP BY cell.name ORDER BY cell.name
"""
_QUARTERS = f"""
SELECT percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY cell.value::float)
{_CELLS} AND cell.name = %(column)s
"""

_COUNTS = f"""
SELECT cell.name, cell.value, sample.split, count(*)
{_CELLS} AND cell.name = ANY(%(columns)s) GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Column:
    """A column of the metadata. `bounds`: of ranges, each up to and with its bound; else empty.

    `left_out` says why it divides nothing; then it has no slices.
    """

    name: str
    bounds: tuple[float, ...] = ()
    left_out: str = ""

    def slice_of(self, metadata: dict[str, Any]) -> str:
        """Return the name of the slice that an image with this metadata is in."""
        return self.slice_of_value(str(metadata.get(self.name, "")))

    def slice_of_value(self, value: str) -> str:
        """Return the name of the slice that an image with this value is in."""
        if not value:
            return NO_VALUE
        if not self.bounds:
            return value
        return _range_names(self.bounds)[sum(float(value) > bound for bound in self.bounds)]


@dataclass(frozen=True)
class Slices:
    """A column with its slices: name → {train, validation, test} counts, in the order to show."""

    column: Column
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def columns_of(version: DatasetVersion) -> list[Column]:
    """Return the columns of the version's metadata, by name, with how each divides the images."""
    parameters: dict[str, Any] = {"version": version.pk, "number": _NUMBER}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, parameters)
        images = sum(_image_counts(version).values())
        return [
            Column(name, left_out="All images have the same value.")
            if values == 1 and filled == images
            else _column(cursor, version, name, values, numbers)
            for name, filled, values, numbers in cursor.fetchall()
        ]


def slices_of(version: DatasetVersion) -> list[Slices]:
    """Return every column with its slices and how many images of each split they hold."""
    columns = columns_of(version)
    used = {column.name: column for column in columns if not column.left_out}
    counts: dict[str, dict[str, dict[str, int]]] = {
        name: {NO_VALUE: _image_counts(version)} for name in used
    }
    if used:
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS, {"version": version.pk, "columns": list(used)})
            for name, value, split, images in cursor.fetchall():
                slices, label = counts[name], Split(split).label
                here = slices.setdefault(used[name].slice_of_value(value), _image_counts())
                here[label] += images
                slices[NO_VALUE][label] -= images
    return [Slices(column, _ordered(column, counts.get(column.name, {}))) for column in columns]


def sample_slices(version: DatasetVersion, split: Split) -> dict[str, list[str]]:
    """Return, for each column that divides, the slice of every sample of the split.

    In the order of `samples_of`.
    """
    used = [column for column in columns_of(version) if not column.left_out]
    if not used:
        return {}
    rows = (
        Sample.objects.filter(version=version, split=split)
        .order_by("sha256", "class_index", "id")
        .values_list("metadata", flat=True)
    )
    names: dict[str, list[str]] = {column.name: [] for column in used}
    for metadata in rows.iterator(10_000):
        for column in used:
            names[column.name].append(column.slice_of(metadata))
    return names


def _column(cursor: Any, version: DatasetVersion, name: str, values: int, numbers: bool) -> Column:
    if values <= MAX_VALUES:
        return Column(name)
    left_out = Column(name, left_out=f"It has {values:,} different values; up to 20 are compared.")
    if not numbers:
        return left_out
    cursor.execute(_QUARTERS, {"version": version.pk, "column": name})
    bounds = tuple(sorted(set(cursor.fetchone()[0])))
    # With fewer, most images have the same number, and quarters would mislead.
    return Column(name, bounds) if len(bounds) == 3 else left_out


@cache
def _range_names(bounds: tuple[float, ...]) -> list[str]:
    texts = [f"{bound:g}" for bound in bounds]
    between = [f"over {low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *between, f"over {texts[-1]}"]


def _image_counts(version: DatasetVersion | None = None) -> dict[str, int]:
    """By split: none, or those of the whole version."""
    counts = version.sample_counts if version else {}
    return {split.label: sum(counts.get(split.label, {}).values()) for split in Split}


def _ordered(column: Column, counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """By range, else by value; images without one last."""
    names = _range_names(column.bounds) if column.bounds else sorted(set(counts) - {NO_VALUE})
    return {name: counts[name] for name in [*names, NO_VALUE] if sum(counts.get(name, {}).values())}
