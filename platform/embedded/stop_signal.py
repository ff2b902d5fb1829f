"""SIGINT and SIGTERM as a wish that is looked at between two steps, never in the middle of one."""

import signal
import time
from collections.abc import Callable
from types import FrameType


class StopRequested(Exception):
    """The platform was asked to stop."""


class StopSignal:
    """Notes SIGINT, SIGTERM and SIGHUP from its creation on."""

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True

    def check(self) -> None:
        """Raise StopRequested if a signal has come."""
        if self.requested:
            raise StopRequested

    def wait_for(
        self, condition: Callable[[], bool], seconds: float | None, *, every: float = 0.05
    ) -> bool:
        """Wait until `condition()`, at most `seconds`; return whether it became true.

        Raises:
            StopRequested: a signal has come.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            self.check()
            if condition():
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(every)
