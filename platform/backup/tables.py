"""What the database's catalogue says of Loupe's tables."""

from typing import NamedTuple

from django.apps import apps
from django.db import connection

MIGRATIONS = "django_migrations"
# Who is signed in. A restored session would let in who has signed out, or left, since.
WITHOUT_ROWS = ("django_session", "usersessions_usersession")


class ForeignKey(NamedTuple):
    """A foreign key, and the SQL that makes it."""

    table: str
    name: str
    definition: str


def columns_by_table() -> dict[str, list[str]]:
    """Return the columns of every table of the schema `public`, but for Django's own record."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " AND a.attgenerated = ''"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> %s"
            " GROUP BY c.relname ORDER BY c.relname",
            [MIGRATIONS],
        )
        return dict(cursor.fetchall())


def relations() -> list[str]:
    """Return the names of all tables and views of the schema `public`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        return [name for (name,) in cursor.fetchall()]


def own_functions() -> list[str]:
    """Return the functions of Loupe's triggers as SQL names them: they begin with an app's name."""
    labels = [config.label for config in apps.get_app_configs()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype"
            " AND split_part(proname, '_', 1) = ANY(%s)",
            [labels],
        )
        return [name for (name,) in cursor.fetchall()]


def sequences() -> dict[str, int | None]:
    """Return the last number that each sequence gave, None before its first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        )
        return dict(cursor.fetchall())


def foreign_keys() -> list[ForeignKey]:
    """Return every foreign key of the schema `public`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k"
            " JOIN pg_class t ON t.oid = k.conrelid"
            " WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace"
        )
        return [ForeignKey(*row) for row in cursor.fetchall()]


def applied_migrations() -> list[list[str]]:
    """Return the migrations that the database has, [app, name] each; none where it is empty."""
    with connection.cursor() as cursor:
        if MIGRATIONS not in connection.introspection.table_names(cursor):
            return []
        cursor.execute(f"SELECT app, name FROM {MIGRATIONS} ORDER BY id")  # noqa: S608
        return [list(row) for row in cursor.fetchall()]
