"""Leaving the network, `/proc` and all files, by namespaces of Linux (user_namespaces(7)).

A process that decodes strangers' bytes needs none of them. A container's seccomp profile or a
sysctl of the host may forbid namespaces: the program then runs without, and `is_available` says so.
"""

import ctypes
import os
import struct
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

CAP_DAC_OVERRIDE = 1
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_RDONLY = 1
PR_SET_NO_NEW_PRIVS = 38
LINUX_CAPABILITY_VERSION_3 = 0x20080522
_PROBE_SECONDS = 20
# The process that has mounts of its own.
_OWN_MOUNTS: list[int] = []
_libc = ctypes.CDLL(None, use_errno=True)


def leave_network(*, hide_processes: bool, hide_later: bool = False) -> bool:
    """Move this process, which has one thread, to where no network is; return whether it worked.

    Its user and group stay what they are. With `hide_processes`, `/proc` is empty for it, so that
    it cannot read the environment of another process of the same user; with `hide_later` it can
    make it so itself (`empty_proc`), when libraries that look there have been loaded.
    """
    if not Path("/proc/self").exists():
        return True  # a program that was started by one that has left already
    user, group = os.geteuid(), os.getegid()
    mounts = CLONE_NEWNS if hide_processes or hide_later else 0
    spaces = CLONE_NEWUSER | CLONE_NEWNET | mounts
    if _libc.unshare(spaces) != 0:
        return False
    with suppress(OSError):  # absent before Linux 3.19
        Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if hide_later:
        _OWN_MOUNTS.append(os.getpid())
    return _cover_proc() if hide_processes else True


def empty_proc() -> bool:
    """Empty `/proc` for all threads of a process that may do so later; whether it worked.

    Nothing is done where `leave_network` did not give the process mounts of its own: to root, whose
    kernel forbids namespaces, it would be everyone's `/proc`.
    """
    return os.getpid() in _OWN_MOUNTS and _cover_proc()


def _cover_proc() -> bool:
    return _libc.mount(b"none", b"/proc", b"tmpfs", MS_RDONLY, None) == 0


def leave_files() -> bool:
    """Take every file away from this process but those it has open; return whether it worked.

    For a program that was started without network and `/proc`, has one thread and has imported
    all that it needs: the empty `/proc` becomes its root. Its rights within its namespace, by
    which it could come back, go too.
    """
    if Path("/proc/self").exists():
        return False
    os.chroot("/proc")
    os.chdir("/")
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # capget(2): a version, a process id (0: this one), then three sets in two halves, all empty.
    header = struct.pack("Ii", LINUX_CAPABILITY_VERSION_3, 0)
    return _libc.capset(header, bytes(24)) == 0


@cache
def is_available() -> bool:
    """Whether programs of this process run without network and `/proc`; tried once."""
    words = [sys.executable, "-m", "programs.isolation"]
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with suppress(OSError, subprocess.TimeoutExpired):
        probe = subprocess.run(words, env=environment, timeout=_PROBE_SECONDS, check=False)
        return probe.returncode == 0
    return False


def _may_read_everything() -> bool:
    """Whether an ordinary user has the right of root to open every folder (`make run` as root)."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                return os.geteuid() != 0 and bool(int(line.split()[1], 16) >> CAP_DAC_OVERRIDE & 1)
    return False


def _probe() -> bool:
    # Behind, that right holds for the user's own files alone: neither Python nor our modules nor
    # the data would be found where only it opens the way to them.
    return not _may_read_everything() and leave_network(hide_processes=True)


if __name__ == "__main__":
    sys.exit(0 if _probe() else 1)
