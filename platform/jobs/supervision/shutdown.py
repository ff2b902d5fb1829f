"""How the processes that run jobs learn that their worker shuts down.

Celery tells its main process alone. A byte of memory, shared with the pool by the fork, tells the
rest; a pool process whose main process died counts that as a shutdown too.
"""

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_shared = mmap.mmap(-1, 1)


def begin() -> None:
    """Make `Shutdown.under_way` true in every process of this worker."""
    _shared[0] = 1


class Shutdown:
    """The shutdown as one pool process sees it while it supervises a job."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._signalled = False

    def under_way(self) -> bool:
        """Whether to stop taking and doing work."""
        return self._signalled or _shared[0] == 1 or os.getppid() != self._parent

    @contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """Count SIGTERM to this process as a shutdown (a system that goes down sends it to all)."""
        before = signal.signal(signal.SIGTERM, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True
