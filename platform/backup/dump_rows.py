"""The rows of all tables, as they were at one moment.

COPY in text, by our own connection: it needs no program beside Python, and no right but to read.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from backup.manifest import Table
from backup.tables import WITHOUT_ROWS
from backup.target import Backup
from common.hashing import sha256_file

# Quick: rows are mostly numbers and hashes, and a smaller file would cost minutes.
_LEVEL = 1


@contextmanager
def one_moment() -> Iterator[None]:
    """Let every query of the block see the database as it is at the first of them."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def dump_table(name: str, columns: list[str], backup: Backup) -> Table:
    """Write the rows of one table; raises Django's database errors and `OSError`."""
    path = backup.rows_path(name)
    quote = connection.ops.quote_name
    listed = ", ".join(map(quote, columns))
    source = f"{quote(name)} ({listed})"
    if name in WITHOUT_ROWS:
        source = f"(SELECT {listed} FROM {quote(name)} LIMIT 0)"  # noqa: S608
    with gzip.open(path, "wb", _LEVEL) as stream:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {source} TO STDOUT", stream, size=1 << 16)
            rows = cursor.rowcount
    return Table(columns=columns, rows=rows, sha256=sha256_file(path), bytes=path.stat().st_size)
