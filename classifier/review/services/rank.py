"""The order of diversity: places for the open items of a dataset, told from its vectors."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection

from classifier.engine.measure.k_center import greedy_k_center
from classifier.models import UNRANKED, ReviewItem, ReviewStatus
from classifier.review.limits import MOST_RANKED
from datasets.models import Dataset, Image
from datasets.selectors.vectors import components_of

# Of a vector's numbers so many are compared: 60,000 images take 15 MB.
_DIMENSIONS = 64
# So many labelled images, drawn by chance, stand for all.
_MOST_KNOWN = 2_000
_SET_RANKS = """
UPDATE {table} AS item SET rank = wanted.rank
FROM unnest(%(images)s::uuid[], %(ranks)s::int[]) AS wanted(image_id, rank)
WHERE item.image_id = wanted.image_id AND item.status = 'open'
"""


@dataclass(frozen=True)
class Ranking:
    """Images in the order of diversity, and what their vectors were told from (empty: none)."""

    image_ids: list[uuid.UUID] = field(default_factory=list)
    vectors: str = ""


def ranking_of(
    dataset: Dataset,
    image_ids: Collection[uuid.UUID],
    first: uuid.UUID | None,
    progress: Callable[[int, int], None] | None = None,
) -> Ranking:
    """Return up to `MOST_RANKED` of the images, each far from what is labelled and came before.

    Those without a vector have no place. `first` begins where nothing is labelled.
    """
    components = components_of(dataset, _DIMENSIONS)
    wanted = set(image_ids)
    rows = [row for row, image_id in enumerate(components.ids) if image_id in wanted]
    if not rows:
        return Ranking()
    labelled = set(
        Image.objects.alive()
        .filter(dataset=dataset, class_label__isnull=False, excluded_at=None)
        .exclude(pk__in=wanted if len(wanted) < 1_000 else [])
        .values_list("pk", flat=True)
    )
    known = [row for row, each in enumerate(components.ids) if each in labelled - wanted]
    if len(known) > _MOST_KNOWN:
        known = np.random.default_rng(0).choice(known, _MOST_KNOWN, replace=False).tolist()
    ids = [components.ids[row] for row in rows]
    order = greedy_k_center(
        components.values[rows],
        MOST_RANKED,
        known=components.values[known] if known else None,
        first=ids.index(first) if first in wanted and first in ids else 0,
        progress=progress,
    )
    return Ranking([ids[place] for place in order.tolist()], components.source.title)


def store_ranking(dataset: Dataset, ranking: Ranking) -> None:
    """Give the dataset's open items their places, in the caller's transaction."""
    items = ReviewItem.objects.filter(dataset=dataset, status=ReviewStatus.OPEN)
    items.exclude(rank=UNRANKED).update(rank=UNRANKED)
    ranks = list(range(len(ranking.image_ids)))
    values: dict[str, Any] = {"images": ranking.image_ids, "ranks": ranks}
    with connection.cursor() as cursor:
        cursor.execute(_SET_RANKS.format(table=ReviewItem._meta.db_table), values)
