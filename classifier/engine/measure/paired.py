"""Right and wrong answers of two models to the same images: in all, by class, by subgroup."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.measure import mcnemar

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.integer[Any]]
# A difference is called more than chance below it, after the correction.
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Paired:
    """How many images both models answer rightly, only the one, only the other, neither."""

    both: int
    only_this: int
    only_other: int
    neither: int

    @classmethod
    def of(cls, this: Bools, other: Bools) -> "Paired":
        """Count (n,) right answers of each."""
        return cls(
            both=int((this & other).sum()),
            only_this=int((this & ~other).sum()),
            only_other=int((~this & other).sum()),
            neither=int((~this & ~other).sum()),
        )

    @property
    def images(self) -> int:
        """How many images both were asked about."""
        return self.both + self.only_this + self.only_other + self.neither

    @property
    def differing(self) -> int:
        """How many of them only one gets right."""
        return self.only_this + self.only_other

    @property
    def statistic(self) -> float:
        """McNemar's chi-squared statistic, corrected for continuity."""
        return mcnemar.statistic(self.only_this, self.only_other)

    @cached_property
    def p_value(self) -> float:
        """Of McNemar's test, two-sided; see ``mcnemar.mcnemar``."""
        return mcnemar.mcnemar(self.only_this, self.only_other)

    @property
    def method(self) -> str:
        """How the p-value came about: `exact` or `chi_squared`."""
        return "exact" if mcnemar.is_exact(self.only_this, self.only_other) else "chi_squared"


@dataclass(frozen=True, kw_only=True)
class PairedGroup(Paired):
    """The same of one class or subgroup; ``corrected`` is its p-value among all of its kind."""

    name: str
    corrected: float

    @property
    def more_than_chance(self) -> bool:
        """Whether the two differ here by more than chance, whatever number of groups was tested."""
        return self.corrected < ALPHA


def by_group(this: Bools, other: Bools, groups: Ints, names: Sequence[str]) -> list[PairedGroup]:
    """Count right answers (n,) in each of the groups that have images, in the order of ``names``.

    ``groups`` (n,) has each image's index into ``names``. Not corrected yet: ``corrected`` does
    that for all groups that are tested together.
    """
    cells = np.bincount(groups * 4 + 2 * this + other, minlength=4 * len(names)).reshape(-1, 4)
    found = []
    for name, (neither, only_other, only_this, both) in zip(names, cells.tolist(), strict=True):
        if neither or only_other or only_this or both:
            counts = Paired(both=both, only_this=only_this, only_other=only_other, neither=neither)
            found.append(PairedGroup(**asdict(counts), name=name, corrected=counts.p_value))
    return found


def corrected(groups: Sequence[PairedGroup]) -> list[PairedGroup]:
    """Return the groups with their p-values corrected for how many there are (Holm's)."""
    values = holm([group.p_value for group in groups])
    return [replace(group, corrected=value) for group, value in zip(groups, values, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, in their order.

    S. Holm, "A simple sequentially rejective multiple test procedure", 1979: however many groups
    are alike, in at most 5 of 100 comparisons is any of them called different below 0.05.
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda place: p_values[place])
    found, highest = [0.0] * count, 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (count - rank) * p_values[place]))
        found[place] = highest
    return found
