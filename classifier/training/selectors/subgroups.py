"""The subgroups that a training weighs: which column, and in which one each image is."""

from collections.abc import Collection

from classifier.engine.errors import BadData
from classifier.engine.presets.config import PresetConfig
from classifier.engine.subgroups import Subgroups
from common.nearest import nearest_first
from datasets.models import DatasetVersion, Split
from datasets.selectors.subgroups import (
    column_named,
    divides,
    dividing,
    subgroup_columns,
    subgroup_values,
)

_NAMED = 8
_HINT = "Choose a column that divides the images, or leave reweight_by empty."


def subgroups_of(
    version: DatasetVersion, config: PresetConfig, splits: Collection[Split] = (Split.TRAIN,)
) -> Subgroups | None:
    """Return the subgroups of the splits' images; None where the settings weigh none.

    Folds learn from images of the validation split too.
    Raises `BadData` where the version has no such column, or it divides nothing.
    """
    column = config.subgroup_column
    if not column:
        return None
    found = column_named(version, column)
    if found is None:
        raise BadData(_unknown(version, column, dividing(subgroup_columns(version))), _HINT)
    if not divides(found):
        reason = found.left_out or "All images have the same value."
        raise BadData(f"The column {column} has no subgroups to weigh. {reason}", _HINT)
    values = subgroup_values(version, column, found, splits)
    return Subgroups(column, tuple(version.class_names), values)


def _unknown(version: DatasetVersion, column: str, there: list[str]) -> str:
    shown = column if len(column) <= 80 else f"{column[:80]}…"
    beginning = f"Version {version.number} has no column {shown!r} to reweight by"
    if not there:
        return f"{beginning}; it has none that divides its images."
    names = [f"“{name}”" for name in nearest_first(column, there)[:_NAMED]]
    more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
    return f"{beginning}; it has {', '.join(names)}{more}."
