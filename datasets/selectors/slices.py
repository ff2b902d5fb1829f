"""Subgroups: what a version's metadata divides its images into, for reports to tell apart.

A column with up to 20 different values has a slice for each; one of numbers with more has four, of
about as many images each. Images without a value are a slice too; a column that puts all images
into one slice is left out. Bounds and values are those of the whole version, so that reports on its
splits speak of the same slices; they are stored when it is frozen.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import pairwise
from math import ceil
from typing import Any

from django.db.models import Count

from datasets.models import DatasetVersion, Sample, Split

MAX_VALUES = 20
# No image has an empty value, so no other slice has this one.
NO_VALUE = ""
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?")

Counts = dict[str, dict[str, int]]
# Metadata, a split, and how many images have both.
Described = tuple[dict[str, Any], Split, int]


@dataclass(frozen=True)
class Slices:
    """A column and its slices: name → {train, validation, test} counts, in the order to show.

    The name of the slice of images without a value is empty. `bounds`: of ranges of numbers, each
    up to and with its bound; else empty. `left_out` says why the column divides nothing; then it
    has no slices.
    """

    column: str
    bounds: tuple[float, ...] = ()
    left_out: str = ""
    counts: Counts = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[str, dict[str, int]]]:
        """The slices for a page to go through: a template takes a slice `items` for a method."""
        return list(self.counts.items())

    def slice_of(self, metadata: dict[str, Any]) -> str:
        """Return the name of the slice that an image with this metadata is in."""
        value = str(metadata.get(self.column, ""))
        return _slice_name(value, self.bounds) if value else NO_VALUE


def slices_of(version: DatasetVersion) -> list[Slices]:
    """Return every column of the version's metadata, by name, with its slices."""
    if version.slices is not None:
        return [_from_stored(**row) for row in version.slices]
    # A version of before slices were stored.
    return divide(described(version))


def described(version: DatasetVersion) -> Iterator[Described]:
    """Yield metadata, split and how many of the version's samples have both.

    Postgres counts: a million images have few different ones.
    """
    samples = Sample.objects.kept().filter(version=version).order_by()
    rows = samples.values_list("metadata", "split").annotate(images=Count("id"))
    for metadata, split, images in rows.iterator(10_000):
        yield metadata, Split(split), images


def sample_slices(version: DatasetVersion, split: Split) -> dict[str, list[str]]:
    """Return, for each column that divides, the slice of every sample of the split.

    In the order of `samples_of`.
    """
    used = [slices for slices in slices_of(version) if not slices.left_out]
    if not used:
        return {}
    rows = (
        Sample.objects.kept()
        .filter(version=version, split=split)
        .order_by("sha256", "class_index", "id")
        .values_list("metadata", flat=True)
    )
    names: dict[str, list[str]] = {slices.column: [] for slices in used}
    for metadata in rows.iterator(10_000):
        for slices in used:
            names[slices.column].append(slices.slice_of(metadata))
    return names


def as_stored(rows: Iterable[Described]) -> list[dict[str, Any]]:
    """Return the slices of a version that is being frozen, as JSON for its row."""
    return [asdict(slices) for slices in divide(rows)]


def _from_stored(column: str, bounds: list[float], left_out: str, counts: Counts) -> Slices:
    names = _in_order(tuple(bounds), counts)
    return Slices(column, tuple(bounds), left_out, {name: counts[name] for name in names})


def divide(rows: Iterable[Described]) -> list[Slices]:
    """Return the columns, by name, with the slices that they divide these images into."""
    totals: Counter[str] = Counter()
    tallies: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for metadata, split, images in rows:
        totals[split.label] += images
        for column, value in metadata.items():
            if text := str(value):
                tallies[column][text, split.label] += images
    return divided(tallies, totals)


def divided(tallies: Mapping[str, Counter[tuple[str, str]]], totals: Counter[str]) -> list[Slices]:
    """Return the columns, by name, of what was counted: images by (value, split), and by split."""
    return [_divided(column, tally, totals) for column, tally in sorted(tallies.items())]


def _divided(column: str, tally: Counter[tuple[str, str]], totals: Counter[str]) -> Slices:
    values = len({value for value, _ in tally})
    if values == 1 and tally.total() == totals.total():
        return Slices(column, left_out="All images have the same value.")
    bounds = _quarters(tally) if values > MAX_VALUES else ()
    if values > MAX_VALUES and not bounds:
        return Slices(
            column, left_out=f"It has {values:,} different values; up to 20 are compared."
        )
    counts: Counts = defaultdict(lambda: {split.label: 0 for split in Split})
    for split in Split:
        counts[NO_VALUE][split.label] = totals[split.label]
    for (value, label), images in tally.items():
        counts[_slice_name(value, bounds)][label] += images
        counts[NO_VALUE][label] -= images
    names = _in_order(bounds, {name for name, each in counts.items() if sum(each.values())})
    return Slices(column, bounds, counts={name: counts[name] for name in names})


def _in_order(bounds: tuple[float, ...], names: Collection[str]) -> list[str]:
    """Return the names in the order to show, which jsonb does not keep."""
    order = [*(_range_names(bounds) or sorted(set(names) - {NO_VALUE})), NO_VALUE]
    return [name for name in order if name in names]


def _quarters(tally: Counter[tuple[str, str]]) -> tuple[float, ...]:
    """Return the quartiles; nothing for other than numbers, and where most are the same one."""
    if not all(_NUMBER.fullmatch(value) for value, _ in tally):
        return ()
    numbers = sorted(float(value) for value, _ in tally.elements())
    bounds = {numbers[ceil(share * len(numbers)) - 1] for share in (0.25, 0.5, 0.75)}
    return tuple(sorted(bounds)) if len(bounds) == 3 else ()


def _slice_name(value: str, bounds: tuple[float, ...]) -> str:
    if not bounds:
        return value
    return _range_names(bounds)[sum(float(value) > bound for bound in bounds)]


@cache
def _range_names(bounds: tuple[float, ...]) -> list[str]:
    if not bounds:
        return []
    texts = [f"{bound:.0f}" if bound.is_integer() else f"{bound:.6g}" for bound in bounds]
    between = [f"over {low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *between, f"over {texts[-1]}"]
