"""How many decoding processes run at a time on one machine, whichever processes start them.

A place is a lock on a file: the kernel frees it with the process that holds it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from programs.places import take_place

_POLL_SECONDS = 0.05


@contextmanager
def decoder_slot(folder: Path, count: int, deadline: float) -> Iterator[None]:
    """Hold one of this machine's `count` places in this block.

    `folder` holds the locks; `deadline` is in the seconds of `time.monotonic()`. Raises
    `TimeoutError` where no place is free until then.
    """
    while (held := take_place(folder, map(str, range(count)))) is None:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        os.close(held.fd)
