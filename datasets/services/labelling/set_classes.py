"""Set-based writes of many images: their classes, and when they were left out or put away.

The only place that gives an existing image another class, so that each change is kept: who, when
and what before. A statement for all images, whatever their number: 60,000 take two seconds.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from datasets.models import Annotation, ClassLabel, Dataset, Image
from datasets.services import listeners

_SET_CLASSES = """
WITH wanted AS (
    SELECT * FROM unnest(%(images)s::uuid[], %(classes)s::uuid[], %(people)s::uuid[])
        AS wanted(image_id, class_id, person_id)
), changed AS (
    UPDATE {image} AS image
    SET class_label_id = label.id, labelled_at = %(at)s, labelled_by_id = person.id
    FROM wanted
    JOIN {image} AS old ON old.id = wanted.image_id
    LEFT JOIN {label} AS previous ON previous.id = old.class_label_id
    LEFT JOIN {label} AS label ON label.id = wanted.class_id
    LEFT JOIN {person} AS person ON person.id = wanted.person_id
    WHERE image.id = wanted.image_id AND (wanted.class_id IS NULL OR label.id IS NOT NULL)
    RETURNING image.id, label.id AS class_id, label.name, previous.name AS previous_name
)
INSERT INTO {annotation}
    (id, created_at, image_id, class_label_id, class_name, previous_class_name, created_by_id,
    source)
SELECT gen_random_uuid(), %(at)s, id, class_id, coalesce(name, ''), coalesce(previous_name, ''),
    %(user)s, %(source)s
FROM changed
"""
_SET_TIMES = """
UPDATE {image} AS image SET {column} = wanted.moment
FROM unnest(%(images)s::uuid[], %(times)s::timestamptz[]) AS wanted(image_id, moment)
WHERE image.id = wanted.image_id
"""
_TABLES = {
    "image": Image._meta.db_table,
    "label": ClassLabel._meta.db_table,
    "annotation": Annotation._meta.db_table,
    "person": User._meta.db_table,
}


def set_classes(
    *,
    user: User,
    dataset: Dataset,
    image_ids: Sequence[uuid.UUID],
    class_ids: Sequence[uuid.UUID | None],
    person_ids: Sequence[uuid.UUID | None],
    at: datetime,
    source: str = "",
) -> int:
    """Give each image the class beside it (None: none), in the caller's transaction.

    `person_ids` says who is to count as having given it; the annotations are `user`'s and say
    `source`. The caller has locked the dataset. An image whose class is gone stays as it is.
    Returns how many changed; if any did, listeners hear of it.
    """
    changed = _execute(
        _SET_CLASSES.format(**_TABLES),
        images=list(image_ids),
        classes=list(class_ids),
        people=list(person_ids),
        at=at,
        user=user.pk,
        source=source,
    )
    if changed:
        listeners.labels_changed.announce(user=user, dataset=dataset)
    return changed


def set_times(
    *, column: str, image_ids: Sequence[uuid.UUID], times: Sequence[datetime | None]
) -> int:
    """Set `excluded_at` or `deleted_at` of each image, in the caller's transaction."""
    statement = _SET_TIMES.format(column=connection.ops.quote_name(column), **_TABLES)
    return _execute(statement, images=list(image_ids), times=list(times))


def _execute(statement: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount
