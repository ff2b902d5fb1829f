"""A child process ends with its parent."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process (SIGKILL) when the thread that started it ends (Linux).

    Call it first thing. `parent` is the pid that must still be the parent, for it may be gone
    already: then this process ends at once.
    """
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
