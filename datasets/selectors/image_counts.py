"""Whether the counts of images that triggers keep are what counting says."""

from django.db import connection

_WRONG = """
SELECT count(DISTINCT dataset_id) FROM (
    SELECT dataset_id FROM (
        SELECT dataset_id, class_label_id, images, stored, bytes FROM datasets_imagecount
        WHERE EXISTS (SELECT FROM datasets_dataset WHERE id = dataset_id)
        UNION ALL
        SELECT dataset_id, class_label_id, -(deleted_at IS NULL)::int,
            -(forgetting_id IS NULL)::int, -bytes
        FROM datasets_image
    ) AS both_sides
    GROUP BY dataset_id, class_label_id
    HAVING sum(images) <> 0 OR sum(stored) <> 0 OR sum(bytes) <> 0
) AS wrong
"""


def miscounted_datasets() -> int:
    """Return how many datasets have kept counts that are wrong; reads every image.

    They can be wrong only where triggers rested: disabled, or not there while rows were loaded.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        (wrong,) = cursor.fetchone()
    return int(wrong)
