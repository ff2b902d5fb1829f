"""How much memory a whole platform takes, sampled while something goes on."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import psutil

EVERY_SECONDS = 0.5


class MemoryWatch:
    """Samples the memory of a platform's processes; `most` is the largest sum, in bytes.

    Shared pages are counted once (PSS) where the kernel tells, and in full (RSS) where it does not.
    """

    def __init__(self) -> None:
        self.most = 0
        self.by_name: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            found: dict[str, int] = {}
            for process in platform_processes():
                with suppress(psutil.Error, OSError):
                    name = _name(process)
                    found[name] = found.get(name, 0) + _bytes(process)
            if sum(found.values()) > self.most:
                self.most, self.by_name = sum(found.values()), found


def platform_processes() -> list[psutil.Process]:
    """Return everything that was started with this process, but for itself and what it started.

    `make attack` is a client that the platform's supervisor has started; in tests, the platform is
    a child of the tests.
    """
    me = psutil.Process()
    ours = {child.pid for child in me.children(recursive=True)}
    parent = me.parent()
    if parent is not None and "embedded" in " ".join(parent.cmdline()):
        family = [parent, *parent.children(recursive=True)]
        return [process for process in family if process.pid not in ours | {os.getpid()}]
    return me.children(recursive=True)


def _bytes(process: psutil.Process) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return int(process.memory_info().rss)


def _name(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    for name in ("postgres", "redis", "uvicorn", "predict", "decoding", "train", "celery"):
        if name in words:
            return name
    return process.name()
