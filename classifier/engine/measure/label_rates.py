"""Bias in the data: which classes the subgroups of a dataset have, before anything is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.engine.measure.intervals import FEW, wilson


@dataclass(frozen=True, kw_only=True)
class LabelRate:
    """How many of a subgroup's images are of a class: ``count``, and as a share of them.

    ``elsewhere`` is the class's share among the images of all other subgroups of the column.

    ``standing`` is ``more`` or ``less`` where the share's 95 % interval (Wilson's) lies wholly on
    one side of ``elsewhere``, else ``similar``;
    ``too_few`` below 30 images.
    """

    class_name: str
    count: int
    share: float
    elsewhere: float
    standing: str


@dataclass(frozen=True, kw_only=True)
class SubgroupLabels:
    """A subgroup's images by class, in the order of the classes."""

    value: str
    images: int
    classes: tuple[LabelRate, ...]


def label_rates(
    counts: Mapping[str, Sequence[int]], class_names: Sequence[str]
) -> tuple[SubgroupLabels, ...]:
    """Return the label rates of subgroups, whose ``counts`` have a number for each class."""
    totals = [sum(column) for column in zip(*counts.values(), strict=True)]
    everything = sum(totals)
    found = []
    for value, row in counts.items():
        images = sum(row)
        rates = tuple(
            LabelRate(
                class_name=name,
                count=count,
                share=count / images if images else 0.0,
                elsewhere=(total - count) / (everything - images) if everything > images else 0.0,
                standing=_standing(count, images, total - count, everything - images),
            )
            for name, count, total in zip(class_names, row, totals, strict=True)
        )
        found.append(SubgroupLabels(value=value, images=images, classes=rates))
    return tuple(found)


def _standing(count: int, images: int, elsewhere: int, others: int) -> str:
    if images < FEW or others < FEW:
        return "too_few"
    low, high = wilson(count, images)
    share = elsewhere / others
    if share < low:
        return "more"
    return "less" if share > high else "similar"
