"""The counts of images, which triggers write as changes: added up by the clock."""

from django.db import connection, transaction

# Below it, adding up what the changes of a class come to is no work for who reads.
_MANY = 1_000
# Rows of a dataset or class that is gone are left out, and with them what came to nothing.
_ADD_UP = """
WITH full_ones AS (
    SELECT dataset_id FROM datasets_imagecount
    GROUP BY dataset_id
    HAVING count(*) >= %(many)s + 2 * count(DISTINCT class_label_id)
        OR NOT EXISTS (SELECT FROM datasets_dataset WHERE id = dataset_id)
), changes AS (
    DELETE FROM datasets_imagecount WHERE dataset_id IN (SELECT dataset_id FROM full_ones)
    RETURNING dataset_id, class_label_id, images, stored, bytes
)
INSERT INTO datasets_imagecount (dataset_id, class_label_id, images, stored, bytes)
SELECT dataset_id, class_label_id, sum(images), sum(stored), sum(bytes)
FROM changes
WHERE EXISTS (SELECT FROM datasets_dataset WHERE id = dataset_id)
GROUP BY dataset_id, class_label_id
HAVING sum(images) <> 0 OR sum(stored) <> 0 OR sum(bytes) <> 0
"""

# Images first, as their writers do.
_COUNT_AGAIN = """
LOCK TABLE datasets_image IN SHARE MODE;
LOCK TABLE datasets_imagecount IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM datasets_imagecount;
INSERT INTO datasets_imagecount (dataset_id, class_label_id, images, stored, bytes)
SELECT dataset_id, class_label_id, count(*) FILTER (WHERE deleted_at IS NULL),
    count(*) FILTER (WHERE forgetting_id IS NULL), sum(bytes)
FROM datasets_image GROUP BY dataset_id, class_label_id;
"""


@transaction.atomic
def add_up_image_counts() -> None:
    """Put one row in the place of each class's changes, where a dataset has many of them.

    A chore. Two at a time are safe: what one has deleted, the other does not see.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ADD_UP, {"many": _MANY})


@transaction.atomic
def recount_images() -> None:
    """Count all images again, in place of what was kept; who writes images waits meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_AGAIN)
