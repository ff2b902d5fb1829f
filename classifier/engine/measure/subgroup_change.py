"""What a training changes for subgroups: two models' answers to the same images, by subgroup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.class_differences import Difference, accuracy_difference
from classifier.engine.measure.gaps import ColumnGaps, gaps_of
from classifier.engine.measure.intervals import FEW

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True)
class SubgroupRow:
    """The accuracy of both models on a subgroup of ``support`` images; ``too_few`` below 30."""

    value: str
    support: int
    this: float
    other: float
    difference: Difference
    too_few: bool


@dataclass(frozen=True, kw_only=True)
class GapChange:
    """A gap between subgroups of both models, 0..1; None where there are too few images.

    ``where`` is the class that the first model's is found at.
    """

    name: str
    this: float | None
    other: float | None
    where: str = ""

    @property
    def title(self) -> str:
        """The gap in words."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, kw_only=True)
class SubgroupChange:
    """The subgroups of one column, and the gaps between those with 30 images or more."""

    column: str
    rows: tuple[SubgroupRow, ...]
    gaps: tuple[GapChange, ...]


def subgroup_change(
    truth: Ints,
    this: Ints,
    other: Ints,
    class_names: Sequence[str],
    column: str,
    values: Sequence[str],
) -> SubgroupChange:
    """Compare two models' answers (n,) to images of classes ``truth`` and subgroups ``values``."""
    groups = np.asarray(values, dtype=object)
    rows = []
    for name in sorted(set(values)):
        here = groups == name
        own = truth[here]
        rows.append(
            SubgroupRow(
                value=name,
                support=int(here.sum()),
                this=float((this[here] == own).mean()),
                other=float((other[here] == own).mean()),
                difference=accuracy_difference(own, this[here], other[here]),
                too_few=bool(here.sum() < FEW),
            )
        )
    known = truth.astype(np.int64)
    with_it, without = (
        gaps_of(each.astype(np.int64), known, class_names, {column: values})[0]
        for each in (this, other)
    )
    return SubgroupChange(column=column, rows=tuple(rows), gaps=_gaps(rows, with_it, without))


def _gaps(
    rows: Sequence[SubgroupRow], this: ColumnGaps, other: ColumnGaps
) -> tuple[GapChange, ...]:
    enough = [row for row in rows if not row.too_few]
    accuracy = [
        (max(each) - min(each)) if len(enough) > 1 else None
        for each in ([row.this for row in enough], [row.other for row in enough])
    ]
    names = ("demographic_parity", "equal_opportunity", "equalised_odds")
    pairs = zip(names, this.all, other.all, strict=True)
    return (
        GapChange(name="accuracy", this=accuracy[0], other=accuracy[1]),
        *(
            GapChange(
                name=name,
                this=one.value if one else None,
                other=two.value if two else None,
                where=one.class_name if one else "",
            )
            for name, one, two in pairs
        ),
    )
