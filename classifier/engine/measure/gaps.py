"""How differently a model treats subgroups: demographic parity and equalised odds.

As fairlearn defines them for two classes, of each class against the rest, and the widest of the
classes. Why not fairlearn itself: docs/adr/0038.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.intervals import FEW

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The widest distance between two subgroups, 0..1: of a share that ``low`` and ``high`` have.

    ``class_name`` is the class that it is found at.
    """

    value: float
    class_name: str
    low: str
    high: str


@dataclass(frozen=True, kw_only=True)
class ColumnGaps:
    """The subgroups of one column with 30 images or more, compared.

    - ``demographic_parity``: of the share of images that are given the class.
    - ``equal_opportunity``: of the share of the class's images that are found (recall), among
      subgroups that have 30 images of the class.
    - ``equalised_odds``: the wider of that and of the share of other images that are wrongly given
      the class, among subgroups that have 30 such.

    None where fewer than two subgroups have enough images. ``left_out`` names those with too few.
    """

    column: str
    demographic_parity: Gap | None
    equal_opportunity: Gap | None
    equalised_odds: Gap | None
    left_out: tuple[str, ...]

    @property
    def all(self) -> tuple[Gap | None, Gap | None, Gap | None]:
        """The three, in their order."""
        return self.demographic_parity, self.equal_opportunity, self.equalised_odds


def gaps_of(
    predicted: npt.NDArray[np.int64],
    truth: npt.NDArray[np.int64],
    class_names: Sequence[str],
    columns: Mapping[str, Sequence[str]],
) -> tuple[ColumnGaps, ...]:
    """Compare the subgroups that ``columns`` divide n images into, by predicted and true class."""
    return tuple(
        _gaps(column, np.asarray(values, dtype=object), predicted, truth, class_names)
        for column, values in columns.items()
    )


def _gaps(
    column: str,
    values: npt.NDArray[Any],
    predicted: npt.NDArray[np.int64],
    truth: npt.NDArray[np.int64],
    class_names: Sequence[str],
) -> ColumnGaps:
    names = sorted(set(values.tolist()))
    enough = [name for name in names if (values == name).sum() >= FEW]
    classes = len(class_names)
    said, is_of, hits = (np.zeros((len(enough), classes)) for _ in range(3))
    sizes = np.zeros((len(enough), 1))
    for place, name in enumerate(enough):
        here = values == name
        sizes[place] = here.sum()
        said[place] = np.bincount(predicted[here], minlength=classes)
        is_of[place] = np.bincount(truth[here], minlength=classes)
        hits[place] = np.bincount(truth[here & (predicted == truth)], minlength=classes)
    found = _widest(hits, is_of, enough, class_names)
    wrong = _widest(said - hits, sizes - is_of, enough, class_names)
    odds = [gap for gap in (found, wrong) if gap is not None]
    return ColumnGaps(
        column=column,
        demographic_parity=_widest(said, np.broadcast_to(sizes, said.shape), enough, class_names),
        equal_opportunity=found,
        equalised_odds=max(odds, key=lambda gap: gap.value, default=None),
        left_out=tuple(name for name in names if name not in enough),
    )


def _widest(
    part: Floats, whole: Floats, names: Sequence[str], class_names: Sequence[str]
) -> Gap | None:
    """Return the class whose shares part/whole (subgroups, classes) are farthest apart."""
    if len(names) < 2:
        return None
    shares = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole >= FEW)
    compared = np.flatnonzero((~np.isnan(shares)).sum(axis=0) >= 2)
    if not len(compared):
        return None
    some = shares[:, compared]
    spread = np.nanmax(some, axis=0) - np.nanmin(some, axis=0)
    place = int(spread.argmax())
    low, high = int(np.nanargmin(some[:, place])), int(np.nanargmax(some[:, place]))
    return Gap(
        value=float(spread[place]),
        class_name=class_names[int(compared[place])],
        low=names[low],
        high=names[high],
    )
