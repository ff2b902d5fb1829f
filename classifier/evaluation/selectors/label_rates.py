"""Which classes the subgroups of a dataset version have: bias that a model would learn."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from classifier.engine.measure.label_rates import LabelRate, SubgroupLabels, label_rates
from datasets.models import DatasetVersion, Sample
from datasets.selectors.fact_slices import fact_rows
from datasets.selectors.slices import Slices, slices_of
from datasets.selectors.subgroups import dividing, subgroup_columns


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
    columns = subgroup_columns(version)
    used = {name: columns[name] for name in dividing(columns)}
    own = {slices.column for slices in slices_of(version)}
    facts = {name: slices for name, slices in used.items() if name not in own}
    return [
        *(_of_metadata(version, slices) for name, slices in used.items() if name in own),
        *_of_facts(version, facts),
    ]


def _of_facts(version: DatasetVersion, facts: dict[str, Slices]) -> list[ColumnLabels]:
    """Count in one pass over the samples, whose facts no database knows by range."""
    tallies: dict[str, Counter[tuple[str, int]]] = {name: Counter() for name in facts}
    for row in fact_rows(version) if facts else ():
        for name, slices in facts.items():
            tallies[name][slices.slice_of(row.facts), row.sample[1]] += 1
    return [
        _labels(
            version,
            name,
            slices,
            ((value, index, images) for (value, index), images in tallies[name].items()),
            is_fact=True,
        )
        for name, slices in facts.items()
    ]


def _of_metadata(version: DatasetVersion, slices: Slices) -> ColumnLabels:
    """Count in the database: of a column of words few rows come, whatever the images."""
    rows = (
        Sample.objects.filter(version=version)
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
