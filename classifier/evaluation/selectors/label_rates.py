"""Which classes the subgroups of a dataset version have: bias that a model would learn."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from classifier.engine.measure.label_rates import LabelRate, SubgroupLabels, label_rates
from datasets.models import DatasetVersion, Sample
from datasets.selectors.fact_slices import fact_counts
from datasets.selectors.slices import Slices, slices_of
from datasets.selectors.subgroups import fact_name


class ColumnLabels(NamedTuple):
    """A column of metadata, or a fact of the images, and its subgroups' images by class."""

    column: str
    subgroups: tuple[SubgroupLabels, ...]
    is_fact: bool = False

    @property
    def uneven(self) -> list[tuple[SubgroupLabels, list[LabelRate]]]:
        """The subgroups that have more or less of some classes, those the farthest apart first."""
        found = []
        for each in self.subgroups:
            rates = [rate for rate in each.classes if rate.standing in ("more", "less")]
            rates.sort(key=lambda rate: -abs(rate.share - rate.elsewhere))
            if rates:
                found.append((each, rates))
        return found


def version_label_rates(version: DatasetVersion) -> list[ColumnLabels]:
    """Return each column that divides the version's images, all splits together.

    Those of the metadata first, then facts of the images: size, brightness, source and so on.
    """
    used = [slices for slices in slices_of(version) if not slices.left_out]
    facts = [
        _labels(
            version,
            fact_name(version, slices.column),
            slices,
            ((value, index, images) for (value, index), images in counts.items()),
            is_fact=True,
        )
        for slices, counts in fact_counts(version)
    ]
    return [*(_of_metadata(version, slices) for slices in used if len(slices.counts) > 1), *facts]


def _of_metadata(version: DatasetVersion, slices: Slices) -> ColumnLabels:
    """Count in the database: of a column of words few rows come, whatever the images."""
    rows = (
        Sample.objects.kept()
        .filter(version=version)
        .annotate(value=KeyTransform(slices.column, "metadata"))
        .values_list("value", "class_index")
        .annotate(images=Count("id"))
        .order_by()
    )
    found = (
        (slices.slice_of({} if value is None else {slices.column: value}), index, images)
        for value, index, images in rows.iterator(10_000)
    )
    return _labels(version, slices.column, slices, found, is_fact=False)


def _labels(
    version: DatasetVersion,
    column: str,
    slices: Slices,
    found: Iterable[tuple[str, int, int]],
    *,
    is_fact: bool,
) -> ColumnLabels:
    """Return the label rates of images that were counted by subgroup and class."""
    names = version.class_names
    counts = {name: [0] * len(names) for name in slices.counts}
    for value, index, images in found:
        counts[value][index] += images
    return ColumnLabels(column, label_rates(counts, names), is_fact)
