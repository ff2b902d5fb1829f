"""What this machine's processors can calculate."""

from functools import cache
from pathlib import Path

# Dot products of 8-bit integers without an overflow on the way: x86-64, then Arm.
_INT8 = frozenset({"avx512_vnni", "avx_vnni", "asimddp", "i8mm"})


@cache
def has_int8() -> bool:
    """Whether 8-bit files are answered as they were checked: without these, sums may overflow."""
    try:
        words = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not _INT8.isdisjoint(words)
