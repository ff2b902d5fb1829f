"""One filler of a cache at a time, in turns, whichever processes they are."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_POLL_SECONDS = 0.02


@contextmanager
def turn(folder: Path, meanwhile: Callable[[], object]) -> Iterator[None]:
    """Hold the folder's only place in this block; the kernel frees it with the process.

    `meanwhile` is called while others hold it; what it raises ends the waiting.
    """
    with ExitStack() as held:
        # Who has just had a turn comes behind those who wait, for they hold the first lock.
        with _locked(folder / "next", meanwhile):
            held.enter_context(_locked(folder / "turn", meanwhile))
        yield


@contextmanager
def _locked(path: Path, meanwhile: Callable[[], object]) -> Iterator[None]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not try_lock(file, fcntl.LOCK_EX):
            meanwhile()
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(file)


def try_lock(file: int, kind: int) -> bool:
    """Lock an open file (`fcntl.flock`) unless that would wait; return whether it is locked."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
