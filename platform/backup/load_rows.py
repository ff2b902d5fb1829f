"""The rows of a backup into a database that has its tables: all or none."""

import gzip
from collections.abc import Iterable, Iterator

from django.db import connection, transaction

from backup.errors import Refused
from backup.manifest import Manifest
from backup.tables import ForeignKey, columns_by_table, foreign_keys
from backup.target import Backup
from common.hashing import sha256_file


def faults_of_rows(backup: Backup, manifest: Manifest) -> Iterator[str]:
    """Yield a sentence for each table whose rows are not as they were saved."""
    for name, table in manifest.tables.items():
        path = backup.rows_path(name)
        if not path.is_file():
            yield f"{path} is missing"
        elif sha256_file(path) != table.sha256:
            yield f"{path} is damaged"


@transaction.atomic
def load_rows(backup: Backup, manifest: Manifest) -> None:
    """Replace every row by those of the backup; run as the role that owns the tables.

    Foreign keys go for the while and are checked as a whole when they come again; triggers, which
    write the audit log of what people do, rest. Raises `Refused` where tables or columns differ,
    and Django's database errors.
    """
    there = columns_by_table()
    _require_same_tables(there, manifest)
    keys = foreign_keys()
    _run(f"ALTER TABLE {_q(key.table)} DROP CONSTRAINT {_q(key.name)}" for key in keys)
    _run(f"ALTER TABLE {_q(name)} DISABLE TRIGGER USER" for name in there)
    _run([f"TRUNCATE {', '.join(map(_q, there))}"])
    for name, table in manifest.tables.items():
        _copy(backup, name, table.columns, table.rows)
    _run(map(_made_again, keys))
    _run(f"ALTER TABLE {_q(name)} ENABLE TRIGGER USER" for name in there)
    for sequence, number in manifest.sequences.items():
        _set_sequence(sequence, number)


def _require_same_tables(there: dict[str, list[str]], manifest: Manifest) -> None:
    for name in sorted(there.keys() | manifest.tables.keys()):
        saved = manifest.tables.get(name)
        if name not in there or saved is None:
            where = "the backup" if name in there else "the database"
            raise Refused(f"{where} has no table {name}: the backup is of another Loupe.")
        if set(saved.columns) != set(there[name]):
            odd = ", ".join(sorted(set(saved.columns) ^ set(there[name])))
            raise Refused(f"The table {name} differs from the backup's in: {odd}.")


def _copy(backup: Backup, name: str, columns: list[str], rows: int) -> None:
    listed = ", ".join(map(_q, columns))
    with gzip.open(backup.rows_path(name)) as stream:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {_q(name)} ({listed}) FROM STDIN", stream, size=1 << 16)
            if cursor.rowcount != rows:
                raise Refused(f"{name} has {cursor.rowcount:,} rows in the backup, not {rows:,}.")


def _made_again(key: ForeignKey) -> str:
    return f"ALTER TABLE {_q(key.table)} ADD CONSTRAINT {_q(key.name)} {key.definition}"


def _set_sequence(name: str, number: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(quote_ident(%s)) IS NOT NULL", [name])
        if cursor.fetchone() == (True,):
            cursor.execute(
                "SELECT setval(quote_ident(%s)::regclass, %s, %s)",
                [name, number or 1, number is not None],
            )


def _run(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _q(name: str) -> str:
    return str(connection.ops.quote_name(name))
