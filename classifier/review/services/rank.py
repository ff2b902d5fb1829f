"""The order of diversity: places for open items, told from the vectors of their images."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import QuerySet

from classifier.engine.measure.k_center import greedy_k_center
from classifier.models import UNRANKED, ReviewItem
from classifier.review.limits import MOST_RANKED
from datasets.models import Dataset, Image
from datasets.selectors.vectors import components_of

# Of a vector's numbers so many are compared: 60,000 images take 15 MB.
_DIMENSIONS = 64
# So many labelled images, drawn by chance, stand for all.
_MOST_KNOWN = 2_000
_SET_RANKS = """
UPDATE {table} AS item SET rank = wanted.rank
FROM unnest(%(ids)s::{type}[], %(ranks)s::int[]) AS wanted(id, rank)
WHERE item.{column} = wanted.id AND item.status = 'open'
"""
Progress = Callable[[int, int], None]
Source = uuid.UUID | int


@dataclass(frozen=True)
class Ranking:
    """Sources in the order of diversity, and what their vectors were told from (empty: none)."""

    sources: list[Any] = field(default_factory=list)
    vectors: str = ""


def ranking_of_images(
    dataset: Dataset, image_ids: Sequence[uuid.UUID], progress: Progress | None = None
) -> Ranking:
    """Return up to `MOST_RANKED` images, each far from what is labelled and from those before.

    Those without a vector have no place. The first of `image_ids` begins where nothing is labelled.
    """
    components = components_of(dataset, _DIMENSIONS)
    place = {image_id: row for row, image_id in enumerate(components.ids)}
    ids = [image_id for image_id in image_ids if image_id in place]
    if not ids:
        return Ranking()
    known = [place[each] for each in _labelled(dataset) - set(ids) if each in place]
    if len(known) > _MOST_KNOWN:
        known = np.random.default_rng(0).choice(sorted(known), _MOST_KNOWN, replace=False).tolist()
    order = greedy_k_center(
        components.values[[place[each] for each in ids]],
        MOST_RANKED,
        known=components.values[known] if known else None,
        progress=progress,
    )
    return Ranking([ids[number] for number in order.tolist()], components.source.title)


def ranking_of_vectors(
    sources: Sequence[Any],
    vectors: npt.NDArray[np.float32],
    name: str,
    progress: Progress | None = None,
) -> Ranking:
    """Return up to `MOST_RANKED` sources by their vectors (n, width), as far apart as can be.

    The first begins; `name` says what the vectors were told from.
    """
    if not len(sources):
        return Ranking()
    order = greedy_k_center(vectors, MOST_RANKED, progress=progress)
    return Ranking([sources[row] for row in order.tolist()], name)


def store_ranking(items: QuerySet[ReviewItem], column: str, ranking: Ranking) -> None:
    """Give open items their places by what stands in `column`, in the caller's transaction.

    The other open ones of `items` have none.
    """
    items.exclude(rank=UNRANKED).update(rank=UNRANKED)
    kind = "bigint" if column == "batch_result_id" else "uuid"
    ranks = list(range(len(ranking.sources)))
    values: dict[str, Any] = {"ids": ranking.sources, "ranks": ranks}
    statement = _SET_RANKS.format(table=ReviewItem._meta.db_table, column=column, type=kind)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _labelled(dataset: Dataset) -> set[uuid.UUID]:
    images = Image.objects.alive().filter(
        dataset=dataset, class_label__isnull=False, excluded_at=None
    )
    return set(images.values_list("pk", flat=True))
