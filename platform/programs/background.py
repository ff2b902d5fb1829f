"""Work that no person waits for: a process that takes what others leave of the processors (Linux).

No single measure is enough (docs/jobs.md has what was measured):

- Where the kernel groups processes by session (sched_autogroup(7), the default of most
  distributions), priorities count inside a session only: the session itself is lowered. Its owner
  may raise it again.
- SCHED_IDLE counts where it does not, inside a cgroup. Only with CAP_SYS_NICE or a
  RLIMIT_NICE of 20 a process may leave it again; others get nice 19, which they keep.
"""

import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")
_GROUPED = Path("/proc/sys/kernel/sched_autogroup_enabled")
_CAP_SYS_NICE = 23
# Beside another that wants a whole processor, a tenth of it: the kernel gives 110 parts to 1,024.
_NORMAL, _TENTH, _LOWEST = 0, 10, 19
# The kernel takes a few of these writes in a second from an ordinary user.
_TRIES, _PAUSE_SECONDS = 3, 0.12


class Background:
    """How this process stands: in the background, lifted for a moment, or like any other.

    It must lead a session of its own. `enter()` comes before any thread is started: threads and
    programs inherit what it sets.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = False
        self._lifted = 0
        self._session = _LOWEST

    def enter(self) -> None:
        """Let every other process pass from now on."""
        self._entered = True
        _set_session(_LOWEST)
        if _may_come_back():
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        else:
            os.setpriority(os.PRIO_PROCESS, 0, _LOWEST)

    def leave(self) -> bool:
        """Work like any other process; False where the kernel does not let this one."""
        with self._lock:
            if not self._entered:
                return True
            self._entered = False
            raised = _set_session(_NORMAL)
            return _move_threads(_raise_thread) or (raised and _session_counts_alone())

    def set_share(self, *, has_share: bool) -> None:
        """Have a tenth of a processor beside others that want it, or what others leave alone.

        As far as the kernel lets this process; nothing happens outside the background, or while
        it is lifted.
        """
        with self._lock:
            if not self._entered or self._lifted:
                return
            self._session = _TENTH if has_share else _LOWEST
            _set_session(self._session)
            if _may_come_back():
                _move_threads(_share_thread if has_share else _idle_thread)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Work like any other process in this block, as far as the kernel lets this one.

        For what holds locks: others must not wait for a process that lets all others pass.
        """
        with self._lock:
            lifts = self._entered
            if lifts:
                self._lifted += 1
                _set_session(_NORMAL)
                idle = _leave_idle(threading.get_native_id())
        try:
            yield
        finally:
            if lifts:
                with self._lock:
                    self._lifted -= 1
                    if self._entered and not self._lifted:
                        _set_session(self._session)
                    if self._entered and idle:
                        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _set_session(nice: int) -> bool:
    """Give this process's session a priority among sessions; False where it cannot be given."""
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(nice))
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return False
        else:
            return True
    return False


def _session_counts_alone() -> bool:
    """Whether sessions share the processors, so that priorities inside one mean nothing to others.

    They do where the kernel groups by session and no cgroup says otherwise.
    """
    with suppress(OSError):
        return _GROUPED.read_text().strip() == "1" and not _has_cgroup_of_its_own()
    return False


def _has_cgroup_of_its_own() -> bool:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root = Path("/sys/fs/cgroup")
            folders = [root, *(root.joinpath(*parts) for parts in _starts(path))]
            if any((folder / "cpu.weight").exists() for folder in folders):
                return True
        elif "cpu" in controllers.split(",") and path != "/":
            return True
    return False


def _starts(path: str) -> Iterator[list[str]]:
    parts = [part for part in path.split("/") if part]
    return (parts[: count + 1] for count in range(len(parts)))


def _may_come_back() -> bool:
    """Whether this process may leave SCHED_IDLE once it has entered it."""
    if resource.getrlimit(resource.RLIMIT_NICE)[0] >= 20:
        return True
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> _CAP_SYS_NICE & 1)
    return False


def _move_threads(move: Callable[[int], bool]) -> bool:
    """Do something to every thread of this session's processes; whether it could be done to all."""
    done: set[int] = set()
    # Threads that are started meanwhile inherit what their starter had.
    while new := [thread for thread in _threads_of(os.getsid(0)) if thread not in done]:
        done.update(new)
        moved = [move(thread) for thread in new]
        if not all(moved):
            return False
    return True


def _raise_thread(thread: int) -> bool:
    try:
        _leave_idle(thread)
        if os.getpriority(os.PRIO_PROCESS, thread) > _NORMAL:
            os.setpriority(os.PRIO_PROCESS, thread, _NORMAL)
        return os.sched_getscheduler(thread) != os.SCHED_IDLE
    except ProcessLookupError:
        return True
    except PermissionError:
        return False


def _share_thread(thread: int) -> bool:
    with suppress(OSError):
        _leave_idle(thread)
        os.setpriority(os.PRIO_PROCESS, thread, _TENTH)
    return True


def _idle_thread(thread: int) -> bool:
    with suppress(OSError):
        os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
    return True


def _leave_idle(thread: int) -> bool:
    """Take a thread out of SCHED_IDLE, where that is allowed; return whether it was in it."""
    with suppress(OSError):
        if os.sched_getscheduler(thread) == os.SCHED_IDLE:
            os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
            return True
    return False


def _threads_of(session: int) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(folder.name)) == session:
                yield from (int(thread.name) for thread in (folder / "task").iterdir())
