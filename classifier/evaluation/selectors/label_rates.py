"""Which classes the subgroups of a dataset version have: bias that a model would learn."""

from typing import NamedTuple

from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from classifier.engine.measure.label_rates import SubgroupLabels, label_rates
from datasets.models import DatasetVersion, Sample
from datasets.selectors.slices import Slices, slices_of


class ColumnLabels(NamedTuple):
    """A column of the metadata, and its subgroups' images by class."""

    column: str
    subgroups: tuple[SubgroupLabels, ...]

    @property
    def uneven(self) -> list[tuple[SubgroupLabels, list[str], list[str]]]:
        """The subgroups that have more or less of some classes, with the names of these."""
        found = []
        for each in self.subgroups:
            more, less = (
                [rate.class_name for rate in each.classes if rate.standing == standing]
                for standing in ("more", "less")
            )
            if more or less:
                found.append((each, more, less))
        return found


def version_label_rates(version: DatasetVersion) -> list[ColumnLabels]:
    """Return each column that divides the version's images, all splits together."""
    used = [slices for slices in slices_of(version) if not slices.left_out]
    if not used:
        return []
    return [_labels(version, slices) for slices in used]


def _labels(version: DatasetVersion, slices: Slices) -> ColumnLabels:
    """Count in the database: of a column of words few rows come, whatever the images."""
    rows = (
        Sample.objects.filter(version=version)
        .annotate(value=KeyTransform(slices.column, "metadata"))
        .values_list("value", "class_index")
        .annotate(images=Count("id"))
        .order_by()
    )
    names = version.class_names
    counts = {name: [0] * len(names) for name in slices.counts}
    for value, index, images in rows.iterator(10_000):
        found = {} if value is None else {slices.column: value}
        counts[slices.slice_of(found)][index] += images
    return ColumnLabels(slices.column, label_rates(counts, names))
