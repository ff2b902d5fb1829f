"""How many decoding processes run at a time on one machine, whichever processes start them.

A place is a lock on a file: the kernel frees it with the process that holds it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05
# Several machines may share the folder, and each has a budget of its own; containers of one machine
# share one.
_MACHINE = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def decoder_slot(folder: Path, count: int, deadline: float) -> Iterator[None]:
    """Hold one of this machine's `count` places in this block.

    `folder` holds the locks; `deadline` is in the seconds of `time.monotonic()`. Raises
    `TimeoutError` where no place is free until then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    while (held := _free_slot(folder, count)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        os.close(held)


def _free_slot(folder: Path, count: int) -> int | None:
    machine = _MACHINE.read_text().strip()
    for number in range(count):
        held = os.open(folder / f"{machine}.{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
        else:
            return held
    return None
