"""Which classes the subgroups of a dataset version have: bias that a model would learn."""

from collections import Counter
from typing import NamedTuple

from classifier.engine.measure.label_rates import SubgroupLabels, label_rates
from datasets.models import DatasetVersion, Sample
from datasets.selectors.slices import slices_of


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
    tallies: dict[str, Counter[tuple[str, int]]] = {slices.column: Counter() for slices in used}
    rows = Sample.objects.filter(version=version).values_list("metadata", "class_index")
    for metadata, index in rows.iterator(10_000):
        for slices in used:
            tallies[slices.column][slices.slice_of(metadata), index] += 1
    names = version.class_names
    return [
        ColumnLabels(
            slices.column,
            label_rates(
                {
                    name: [tallies[slices.column][name, index] for index in range(len(names))]
                    for name in slices.counts
                },
                names,
            ),
        )
        for slices in used
    ]
