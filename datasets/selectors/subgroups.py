"""The columns that divide a version's images into subgroups: of metadata, and of image facts."""

from collections.abc import Collection

from datasets.models import DatasetVersion, Sample, Split
from datasets.selectors.fact_slices import FACTS, fact_divisions, fact_rows, fact_slices
from datasets.selectors.slices import Slices, slices_of

# What is added to the name of a fact where a column of the metadata has the same.
MEASURED = ", measured"


def subgroup_columns(version: DatasetVersion) -> dict[str, Slices]:
    """Return every column by its name, metadata first; `left_out` says why one divides nothing."""
    columns = {slices.column: slices for slices in slices_of(version)}
    for slices in fact_divisions(version):
        columns[fact_name(version, slices.column)] = slices
    return columns


def fact_name(version: DatasetVersion, name: str) -> str:
    """Return what a fact is called: otherwise than a column that divides, as in reports."""
    own = {each.column for each in slices_of(version) if not each.left_out}
    return name + MEASURED if name in own else name


def named_fact_slices(version: DatasetVersion, split: Split) -> dict[str, list[str]]:
    """Return `fact_slices` of the split by what reports call the facts."""
    found = fact_slices(version, split)
    return {fact_name(version, name): values for name, values in found.items()}


def column_named(version: DatasetVersion, name: str) -> Slices | None:
    """Return one column; of metadata without a look at every image. None: there is none."""
    own = {slices.column: slices for slices in slices_of(version) if not slices.left_out}
    return own.get(name) or subgroup_columns(version).get(name)


def column_names(version: DatasetVersion) -> list[str]:
    """Return the names among which a person may choose, without a look at every image.

    Of the metadata those that divide the images; of facts all, which may turn out not to.
    """
    own = slices_of(version)
    used = [each.column for each in own if divides(each)]
    return [*used, *(fact_name(version, name) for name in FACTS)]


def divides(column: Slices) -> bool:
    """Whether there are subgroups to compare."""
    return not column.left_out and len(column.counts) > 1


def dividing(columns: dict[str, Slices]) -> list[str]:
    """Return the names of those that divide the images."""
    return [name for name, each in columns.items() if divides(each)]


def subgroup_values(
    version: DatasetVersion, column: str, slices: Slices, splits: Collection[Split]
) -> dict[tuple[str, int], str]:
    """Return the subgroup of each sample (SHA-256, class index) of the splits, by one column.

    `slices` is the column's in `subgroup_columns`. Empty is the subgroup of images without a value;
    a content that stands twice in a class of these splits has the subgroup of one of the two.
    """
    own = {each.column for each in slices_of(version) if not each.left_out}
    if column in own:
        samples = Sample.objects.kept().filter(version=version, split__in=splits)
        rows = samples.order_by("id")
        return {
            (sha256, index): slices.slice_of(metadata)
            for sha256, index, metadata in rows.values_list(
                "sha256", "class_index", "metadata"
            ).iterator(10_000)
        }
    return {row.sample: slices.slice_of(row.facts) for row in fact_rows(version, splits)}
