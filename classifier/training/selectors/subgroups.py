"""The subgroups that a training weighs: which column, and in which one each image is."""

from classifier.engine.errors import BadData
from classifier.engine.presets.config import PresetConfig
from classifier.engine.subgroups import Subgroups
from common.nearest import nearest_first
from datasets.models import DatasetVersion
from datasets.selectors.subgroups import dividing, subgroup_columns, subgroup_values

_NAMED = 8
_HINT = "Choose a column that divides the images, or leave reweight_by empty."


def subgroups_of(version: DatasetVersion, config: PresetConfig) -> Subgroups | None:
    """Return the subgroups of the version's images; None where the settings weigh none.

    Raises `BadData` where the version has no such column, or it divides nothing.
    """
    column = config.subgroup_column
    if not column:
        return None
    columns = subgroup_columns(version)
    if column not in columns:
        raise BadData(_unknown(version, column, dividing(columns)), _HINT)
    if column not in dividing(columns):
        reason = columns[column].left_out or "All images have the same value."
        raise BadData(f"The column {column} has no subgroups to weigh. {reason}", _HINT)
    values = subgroup_values(version, column, columns[column])
    return Subgroups(column, tuple(version.class_names), values)


def _unknown(version: DatasetVersion, column: str, there: list[str]) -> str:
    shown = column if len(column) <= 80 else f"{column[:80]}…"
    beginning = f"Version {version.number} has no column {shown!r} to reweight by"
    if not there:
        return f"{beginning}; it has none that divides its images."
    names = [f"“{name}”" for name in nearest_first(column, there)[:_NAMED]]
    more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
    return f"{beginning}; it has {', '.join(names)}{more}."
