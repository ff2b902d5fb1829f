"""Named places of this machine, each held by one process at a time, whatever container it is in."""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_MACHINE = Path("/proc/sys/kernel/random/boot_id")


class Place(NamedTuple):
    """A place that is held until every copy of the file descriptor is closed, at a death too."""

    name: str
    fd: int


def take_place(folder: Path, names: Iterable[str]) -> Place | None:
    """Hold the first of the places that is free; None: all are held.

    `folder` keeps the locks; machines that share it do not share the places.
    """
    folder.mkdir(parents=True, exist_ok=True)
    machine = _MACHINE.read_text().strip()
    for name in names:
        path = folder / f"{machine}.{name.replace('/', '_')}"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
        else:
            return Place(name, fd)
    return None
