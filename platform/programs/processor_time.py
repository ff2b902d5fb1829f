"""How much of the processors a child and all that it started have used (Linux)."""

import os
from contextlib import suppress
from pathlib import Path

# Of what follows the name in /proc/PID/stat (proc(5)): the session, then the clock ticks of user
# and system time, its own and those of the children that it has waited for.
_SESSION = 3
_TICKS = slice(11, 15)
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def session_seconds(session: int) -> float:
    """Return the processor seconds of a session's processes and of those that they waited for.

    0 where none of its processes is left: ask before its leader has ended.
    """
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end while we look.
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[_SESSION]) == session:
                ticks += sum(map(int, fields[_TICKS]))
    return ticks / _TICKS_A_SECOND
