"""Whether the system has run out of memory, as the kernel counts it."""

from pathlib import Path

_COUNTERS = Path("/proc/vmstat")


def oom_kills() -> int | None:
    """Return how many processes the kernel has killed for want of memory; None: it does not say."""
    try:
        lines = _COUNTERS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, count = line.partition(" ")
        if name == "oom_kill":
            return int(count)
    return None
