"""The connection URLs of the embedded servers."""

from pathlib import Path
from urllib.parse import quote


def postgres_url(*, user: str, password: str, database: str, socket_dir: Path) -> str:
    """Return a URL that libpq (`psql`, `pg_dump`, psycopg) and django-environ both understand.

    The folder stands in the query: libpq would also take it percent-encoded in place of the host,
    but django-environ leaves that encoded.
    """
    host = quote(str(socket_dir), safe="/")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"postgres://{login}@/{quote(database, safe='')}?host={host}"


def redis_url(socket: Path, database: int = 0) -> str:
    """Return the `unix://` URL of a Redis socket, as redis-py reads it."""
    return f"unix://{quote(str(socket), safe='/')}?db={database}"
