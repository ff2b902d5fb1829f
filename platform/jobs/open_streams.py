"""How many event streams each person has open in this process."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import ClassVar

from django.conf import settings

from accounts.models import User
from common.errors import DomainError

_lock = threading.Lock()
_open: Counter[str] = Counter()


class TooManyStreams(DomainError):
    """A person has as many event streams open as one may have (429)."""

    status = 429
    title = "Too many event streams"
    code = "too_many_streams"
    retry_after_seconds: ClassVar[int] = 10


def take_stream(user: User) -> Callable[[], None]:
    """Count one more stream of `user`; return what counts it off again.

    Raises `TooManyStreams` past `EVENT_STREAMS_PER_PERSON`.
    """
    key, most = str(user.pk), settings.EVENT_STREAMS_PER_PERSON
    with _lock:
        if _open[key] >= most:
            raise TooManyStreams(
                f"A person may have {most} event streams open; you have that many. Close one first."
            )
        _open[key] += 1

    def release() -> None:
        with _lock:
            _open[key] -= 1
            if not _open[key]:
                del _open[key]

    return release
