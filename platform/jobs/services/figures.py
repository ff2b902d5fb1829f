"""What jobs came to that are no longer there, or that ended elsewhere."""

import uuid
from collections.abc import Collection

from django.db import connection

from jobs.models import DeletedFigures
from jobs.selectors.figures import BOUNDS, ENDED_ROWS
from jobs.services.chores import hourly

_MANY = 1_000
_LEAVE_OUT = f"""
INSERT INTO jobs_deletedfigures (is_attempt, kind, outcome, code, bucket, count, seconds)
SELECT false, kind, outcome, code, bucket, -count, -seconds
FROM ({ENDED_ROWS.format(among="id = ANY(%(ids)s::uuid[])")}) AS came
"""  # noqa: S608 -- both parts are ours
_FOLD = """
WITH taken AS (DELETE FROM jobs_deletedfigures RETURNING *)
INSERT INTO jobs_deletedfigures (is_attempt, kind, outcome, code, bucket, count, seconds)
SELECT is_attempt, kind, outcome, code, bucket, sum(count), sum(seconds)
FROM taken GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0
"""


def leave_out(*, job_ids: Collection[uuid.UUID | str]) -> None:
    """Count none of these jobs: they came in an archive, and their attempts did not.

    Called in the transaction that makes their rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE_OUT, {**BOUNDS, "ids": [str(each) for each in job_ids]})


@hourly
def fold() -> None:
    """Make one row of all that count the same, where there are many."""
    if DeletedFigures.objects.count() > _MANY:
        with connection.cursor() as cursor:
            cursor.execute(_FOLD)
