"""What a gallery can be filtered by: people, and the columns and values of its images' metadata."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Exists

from datasets.models import Dataset, Image, SplitName

MAX_PEOPLE = 30
MAX_COLUMNS = 20
MAX_VALUES = 20
# Taking the metadata of a million images apart takes seconds.
NEWEST = 50_000

_METADATA = """
SELECT key, value, images, distinct_values FROM (
    SELECT key, value, count(*) AS images, count(*) OVER (PARTITION BY key) AS distinct_values,
        row_number() OVER (PARTITION BY key ORDER BY count(*) DESC, value) AS place
    FROM (
        SELECT metadata FROM datasets_image
        WHERE dataset_id = %(dataset)s AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT %(newest)s
    ) AS image, jsonb_each_text(metadata)
    GROUP BY key, value
) AS counted
WHERE place <= %(values)s ORDER BY key, place
"""


@dataclass(frozen=True)
class Column:
    """A column of metadata: its most frequent values with how many images have each."""

    name: str
    values: list[tuple[str, int]]
    distinct: int


def people_of(dataset: Dataset) -> list[tuple[str, int]]:
    """Return up to 30 people with how many images each labelled last, the busiest first."""
    rows = (
        Image.objects.alive()
        .filter(dataset=dataset, labelled_by__isnull=False)
        .order_by()
        .values_list("labelled_by__username")
        .annotate(count=Count("*"))
        .order_by("-count", "labelled_by__username")
    )
    return list(rows[:MAX_PEOPLE])


def metadata_columns(dataset: Dataset) -> list[Column]:
    """Return up to 20 columns with up to 20 values each, in one query.

    They are those of the 50,000 newest images, and so are their numbers.
    """
    asked: dict[str, Any] = {"dataset": dataset.pk, "values": MAX_VALUES, "newest": NEWEST}
    with connection.cursor() as cursor:
        cursor.execute(_METADATA, asked)
        rows = cursor.fetchall()
    columns: dict[str, Column] = {}
    for name, value, count, distinct in rows:
        columns.setdefault(name, Column(name, [], distinct)).values.append((value, count))
    return list(columns.values())[:MAX_COLUMNS]


def splits_of(dataset: Dataset) -> set[str]:
    """Return the splits that images of the dataset came from."""
    images = Image.objects.alive().filter(dataset=dataset).order_by()
    # A look for each in `image_of_split`: to list those that there are, all images would be read.
    used = {split: Exists(images.filter(split=split)) for split in SplitName.values}
    [found] = Dataset.objects.filter(pk=dataset.pk).annotate(**used).values(*used)
    return {split for split, is_used in found.items() if is_used}
