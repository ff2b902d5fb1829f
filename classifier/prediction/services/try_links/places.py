"""How many calls by try links are under way in this web process.

A call holds a thread until a worker has answered, ten seconds where none does, and strangers come
from as many addresses as they like: without a bound they would hold all threads. Links of one
organization leave places to those of others.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from classifier.prediction.errors import TriedTooOften

_RETRY_AFTER_SECONDS = 2
_lock = threading.Lock()
_of_links: Counter[uuid.UUID] = Counter()
_of_organizations: Counter[uuid.UUID] = Counter()


def most_in_all() -> int:
    """Return how many may be under way: a quarter of the threads, and one at least."""
    return max(1, int(settings.REQUEST_THREADS) // 4)


def most_of_an_organization() -> int:
    """Return how many of them may be of one organization's links: half, and one at least."""
    return max(1, most_in_all() // 2)


def most_of_a_link() -> int:
    """Return how many of those may be of one link: half, rounded up."""
    return (most_of_an_organization() + 1) // 2


@contextmanager
def place_for(link_id: uuid.UUID, organization_id: uuid.UUID) -> Iterator[None]:
    """Hold a place in the block; raises `TriedTooOften`, at once, where there is none."""
    with _lock:
        if (
            _of_links[link_id] >= most_of_a_link()
            or _of_organizations[organization_id] >= most_of_an_organization()
            or _of_links.total() >= most_in_all()
        ):
            raise TriedTooOften(
                "As many pictures are being looked at as may be at a time. Wait a little.",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )
        _count(link_id, organization_id, 1)
    try:
        yield
    finally:
        with _lock:
            _count(link_id, organization_id, -1)


def _count(link_id: uuid.UUID, organization_id: uuid.UUID, change: int) -> None:
    for counts, key in ((_of_links, link_id), (_of_organizations, organization_id)):
        counts[key] += change
        if not counts[key]:
            del counts[key]
