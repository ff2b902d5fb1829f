"""Processes as Linux shows them in /proc: who runs where, who is still alive."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def all_pids() -> Iterator[int]:
    """Yield the number of every process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def is_alive(pid: int) -> bool:
    """Say whether the process exists and is not a zombie that waits for its parent."""
    stat = _read(pid, "stat")
    return bool(stat) and stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


def command_lines(program: str) -> dict[int, bytes]:
    """Return the command line of each live process whose program is called `program`.

    Everybody may read these, where the working folder or the environment of another user's process
    is closed to root too in a container without CAP_SYS_PTRACE.
    """
    return {pid: _read(pid, "cmdline") for pid in all_pids() if _name(pid) == program}


def command_line(pid: int) -> list[str]:
    """Return the words of a process's command line, none when it is gone."""
    return _read(pid, "cmdline").decode(errors="replace").split("\0")


def pids_with_environment(name: str, value: str) -> list[int]:
    """Return our live processes that were started with the variable `name` set to `value`."""
    line = f"{name}={value}".encode()
    return [
        pid for pid in all_pids() if line in _read(pid, "environ").split(b"\0") and is_alive(pid)
    ]


def pids_of_another(name: str, value: str, launcher: list[str]) -> list[int]:
    """Return the same of the user whom `launcher` becomes.

    That user looks itself: what another was started with is closed to root too in a container
    without CAP_SYS_PTRACE.
    """
    look = [*launcher, sys.executable, "-I", "-S", "-c", _LOOK, f"{name}={value}"]
    found = subprocess.run(look, cwd="/", capture_output=True, text=True, timeout=60)
    return [pid for pid in map(int, found.stdout.split()) if is_alive(pid)]


_LOOK = """
import os, sys
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            if os.fsencode(sys.argv[1]) in file.read().split(b"\\0"):
                print(pid)
    except OSError:
        pass
"""


def send(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Wait until `condition()` is true, at most `seconds`; return whether it became true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _name(pid: int) -> str:
    return _read(pid, "comm").decode(errors="replace").strip()


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
