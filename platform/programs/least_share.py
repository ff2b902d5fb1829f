"""Whether work in the background has had the least of the processors that it is to have."""

import time
from collections.abc import Callable

SHARE = 0.1
WINDOW_SECONDS = 20.0


class LeastShare:
    """Looks at a window of time after the other: was it a tenth of one processor?

    The first is over at once, and had nothing: work begins with its share.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since, self._used = clock() - WINDOW_SECONDS, 0.0

    def is_due(self) -> bool:
        """Whether the window is over, so that `is_short` may be asked."""
        return self._clock() - self._since >= WINDOW_SECONDS

    def is_short(self, used: float) -> bool:
        """Whether it was less; `used` are the processor seconds since the work began."""
        now = self._clock()
        had, wanted = used - self._used, SHARE * (now - self._since)
        self._since, self._used = now, used
        return had < wanted
