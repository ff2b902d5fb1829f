"""The clock that all machines share: the database's. Their own may differ by minutes."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the present moment by the clock of Postgres, with its zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
