"""Who has a file under way in this process whose writing takes a thread."""

import threading
import uuid
from collections.abc import Callable
from typing import ClassVar

from accounts.models import User
from common.errors import DomainError

_lock = threading.Lock()
# The download of each person, by the person's id.
_open: dict[uuid.UUID, object] = {}


class TooManyDownloads(DomainError):
    """A person has such a file under way already (429)."""

    status = 429
    title = "Too many downloads at once"
    code = "too_many_downloads"
    retry_after_seconds: ClassVar[int] = 5


def take_download(user: User) -> Callable[[], None]:
    """Count a download of `user`; return what ends it, which may be called twice.

    Raises `TooManyDownloads` where one is under way.
    """
    key, download = user.pk, object()
    with _lock:
        if key in _open:
            raise TooManyDownloads(
                "One Parquet file is written for a person at a time, and yours is under way. Wait "
                "for its end, or take JSON lines or CSV."
            )
        _open[key] = download

    def release() -> None:
        with _lock:
            if _open.get(key) is download:
                del _open[key]

    return release
