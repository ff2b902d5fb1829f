"""How much memory a trainer takes (Linux)."""

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


class PeakMemory:
    """The most that was seen of this process's own memory since the last ``take``.

    Its own is what the kernel cannot drop (RssAnon): pixels that are kept in mapped files lie in
    the page cache, for as long as nothing else needs the room.
    """

    def __init__(self) -> None:
        self._most: int | None = None

    def look(self) -> None:
        """Measure now; costs a few hundredths of a millisecond."""
        now = told_bytes(_STATUS, "RssAnon")
        if now is not None:
            self._most = max(now, self._most or 0)

    def take(self) -> int | None:
        """Return the most in bytes, this moment among them; None where the kernel does not say."""
        self.look()
        most, self._most = self._most, None
        return most


def gpu_bytes() -> int | None:
    """Return the most that TensorFlow has held on its GPU so far, in bytes; None without one."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not tensorflow.config.list_logical_devices("GPU"):
        return None
    return int(tensorflow.config.experimental.get_memory_info("GPU:0")["peak"])


def told_bytes(path: Path, name: str) -> int | None:
    """Return what a file of the kernel tells in a line ``NAME: n kB``, in bytes; None without."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    told = next((line for line in lines if line.startswith(f"{name}:")), None)
    return int(told.split()[1]) * 1024 if told else None
