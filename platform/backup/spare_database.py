"""A database for a while, beside Loupe's on the same server."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import psycopg2.extensions
from psycopg2.sql import SQL, Identifier

from backup.errors import Refused

_END_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = %s AND usename = current_user"
)


@contextmanager
def spare_database(owner: str) -> Iterator[str]:
    """Make an empty database, yield its address, and drop it.

    ``owner`` is the address for a role that may make databases. Raises `Refused` where the server
    does not answer or the role may not.
    """
    name = f"loupe_spare_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg2.connect(owner)
    except psycopg2.OperationalError as error:
        raise Refused(f"The database does not answer: {str(error).strip()}.") from error
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            _create(cursor, name)
            try:
                yield urlunsplit(urlsplit(owner)._replace(path=f"/{name}"))
            finally:
                _drop(cursor, name)
    finally:
        connection.close()


def _create(cursor: psycopg2.extensions.cursor, name: str) -> None:
    try:
        cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    except psycopg2.errors.InsufficientPrivilege as error:
        raise Refused(
            "This role of the database may make no other database. Run the command with "
            "DATABASE_OWNER_URL set to one that may, or pass --without-loading."
        ) from error


def _drop(cursor: psycopg2.extensions.cursor, name: str) -> None:
    # `DROP … WITH (FORCE)` is refused while autovacuum works in the database, which only a
    # superuser may end; a plain drop ends autovacuum by itself, but no connections.
    cursor.execute(_END_CONNECTIONS, [name])
    cursor.execute(SQL("DROP DATABASE {}").format(Identifier(name)))
