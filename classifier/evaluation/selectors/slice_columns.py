"""What divides the images of a split into subgroups, as reports do it."""

import uuid
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datasets.models import DatasetVersion, Split
from datasets.selectors.forgotten import forgotten_count
from datasets.selectors.slices import sample_slices
from datasets.selectors.subgroups import named_fact_slices

# Splits that a web process remembers: of 60,000 images it takes a second or two to find them.
_REMEMBERED = 4


class SliceColumn(NamedTuple):
    """The names of a column's slices; `places` (n,) has the one that each sample is in."""

    names: list[str]
    places: npt.NDArray[np.int64]


def slice_columns(version: DatasetVersion, split: Split) -> dict[str, SliceColumn]:
    """Return, by the column's name in reports, the slices of the samples of the split.

    In the order of `samples_of`: metadata first, then facts of the images.
    """
    return _columns(version.pk, split, forgotten_count(version.pk))


@lru_cache(maxsize=_REMEMBERED)
def _columns(version_id: uuid.UUID, split: Split, forgotten: int) -> dict[str, SliceColumn]:
    """Return the columns; fewer images have them once some were `forgotten`."""
    version = DatasetVersion.objects.get(pk=version_id)
    found = {**sample_slices(version, split), **named_fact_slices(version, split)}
    return {column: _parted(values) for column, values in found.items()}


def _parted(values: object) -> SliceColumn:
    names, places = np.unique(np.asarray(values, dtype=object), return_inverse=True)
    return SliceColumn(names.tolist(), places.astype(np.int64))
