"""What divides the images of a split into subgroups, as reports do it."""

from collections.abc import Sequence

from classifier.engine.measure.columns import all_columns
from datasets.models import DatasetVersion, Split
from datasets.selectors.fact_slices import fact_slices
from datasets.selectors.slices import sample_slices


def slice_columns(version: DatasetVersion, split: Split) -> dict[str, Sequence[str]]:
    """Return, by the column's name in reports, the slice of every sample of the split.

    In the order of `samples_of`: metadata first, then facts of the images.
    """
    return all_columns(sample_slices(version, split), fact_slices(version, split))
