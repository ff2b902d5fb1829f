"""What a version leaves out, as pages show it: in words, with the gallery of those images."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from datasets.models import DatasetVersion
from datasets.selectors.gallery import Filters
from datasets.selectors.left_out import LeftOut, Reason

_FILTERS = {
    Reason.UNLABELLED: Filters(annotated=False),
    Reason.EXCLUDED: Filters(excluded=True),
    Reason.TRASH: Filters(trash=True),
}
_WORDS = {
    Reason.UNLABELLED: ("has no class", "have no class"),
    Reason.EXCLUDED: ("was left out by hand", "were left out by hand"),
    Reason.TRASH: ("is in the trash", "are in the trash"),
}


@dataclass(frozen=True)
class LeftOutRow:
    """So many images, why in words, where to see them, and whether they only want a class."""

    count: int
    why: str
    url: str
    to_label: bool


def left_out_rows(dataset_id: uuid.UUID, left_out: Iterable[LeftOut]) -> list[LeftOutRow]:
    """Return the rows of a list of what is left out."""
    gallery = reverse("datasets:detail", args=[dataset_id])
    return [
        LeftOutRow(
            count=each.count,
            why=_WORDS[each.reason][each.count != 1],
            url=gallery + _FILTERS[each.reason].query(),
            to_label=each.reason == Reason.UNLABELLED,
        )
        for each in left_out
    ]


def stored_left_out(version: DatasetVersion) -> list[LeftOutRow] | None:
    """Return the rows of a version, None for one of before they were kept."""
    if version.left_out is None:
        return None
    kept = [LeftOut(Reason(row["reason"]), row["count"]) for row in version.left_out]
    return left_out_rows(version.dataset_id, kept)
