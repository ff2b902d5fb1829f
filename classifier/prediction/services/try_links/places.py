"""How many calls by try links are under way in this web process: of one link, and in all.

A call holds a thread until a worker has answered, ten seconds where none does, and strangers come
from as many addresses as they like: without a bound they would hold all threads.
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


def most_in_all() -> int:
    """Return how many may be under way: a quarter of the threads, and one at least."""
    return max(1, int(settings.REQUEST_THREADS) // 4)


def most_of_a_link() -> int:
    """Return how many of them may be of one link."""
    return max(1, most_in_all() // 2)


@contextmanager
def place_for(link_id: uuid.UUID) -> Iterator[None]:
    """Hold a place in the block; raises `TriedTooOften`, at once, where there is none."""
    with _lock:
        if _of_links[link_id] >= most_of_a_link() or _of_links.total() >= most_in_all():
            raise TriedTooOften(
                "As many pictures are being looked at as may be at a time. Wait a little.",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )
        _of_links[link_id] += 1
    try:
        yield
    finally:
        with _lock:
            _of_links[link_id] -= 1
            if not _of_links[link_id]:
                del _of_links[link_id]
