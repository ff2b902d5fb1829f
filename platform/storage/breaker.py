"""Ask a server that has gone silent seldom, so that not every thread waits for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storage.errors import StoreUnavailable

# A failure that took so long was a silence; the server said a shorter one itself.
LONG_SECONDS = 5.0
REST_SECONDS = 5.0
# A caller that asks for all to see has an answer by then, or has died.
_ASKING_SECONDS = 120.0


class Breaker:
    """Refuses at once for `REST_SECONDS` after a long failure; then one caller asks for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent = False
        self._refuses_until = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Do the block, unless the server is silent; raises `StoreUnavailable` then.

        The block's own `StoreUnavailable` says that it failed.
        """
        self._let_in()
        began = time.monotonic()
        try:
            yield
        except StoreUnavailable:
            self._note(silent=time.monotonic() - began >= LONG_SECONDS)
            raise
        except Exception:
            self._note(silent=False)
            raise
        self._note(silent=False)

    def _let_in(self) -> None:
        with self._lock:
            if not self._silent:
                return
            if time.monotonic() < self._refuses_until:
                raise StoreUnavailable(
                    "The store of files has not answered lately. Nothing of this was kept. Try "
                    "again soon."
                )
            self._refuses_until = time.monotonic() + _ASKING_SECONDS

    def _note(self, *, silent: bool) -> None:
        with self._lock:
            self._silent = silent
            self._refuses_until = time.monotonic() + REST_SECONDS
