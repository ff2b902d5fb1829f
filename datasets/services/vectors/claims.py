"""Who makes a vector just now: advisory locks of Postgres, which end with the process's session."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

from datasets.models import VectorSpace

_CLAIM = "SELECT pg_try_advisory_lock(key) FROM unnest(%s::bigint[]) WITH ORDINALITY AS k (key, n)"
_RELEASE = "SELECT pg_advisory_unlock(key) FROM unnest(%s::bigint[]) AS k (key)"


@contextmanager
def claimed(
    organization_id: uuid.UUID, space: VectorSpace, contents: Sequence[str]
) -> Iterator[set[str]]:
    """Claim the vectors of contents for as long as the block runs; yield those that were free.

    Waits for no claim of another session. A few dozen at a time: each takes a place in the
    database's table of locks.
    """
    keys = [_key(organization_id, space, sha256) for sha256 in contents]
    with connection.cursor() as cursor:
        cursor.execute(f"{_CLAIM} ORDER BY n", [keys])
        got = [free for (free,) in cursor.fetchall()]
    mine = [place for place, free in enumerate(got) if free]
    try:
        yield {contents[place] for place in mine}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_RELEASE, [[keys[place] for place in mine]])


def _key(organization_id: uuid.UUID, space: VectorSpace, sha256: str) -> int:
    said = f"vector {organization_id} {space.pk} {sha256}".encode()
    return int.from_bytes(hashlib.sha256(said).digest()[:8], signed=True)
