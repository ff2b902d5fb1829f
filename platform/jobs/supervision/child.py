"""The child process of one attempt, seen from its supervisor."""

import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from jobs.services.end_attempt import Log
from jobs.supervision.child_log import ChildLog
from programs.processor_time import session_seconds

LOG_LINES = 200
LINE_CHARACTERS = 2000
# What is longer is read as several lines: a process that never ends a line fills no memory.
_MOST_READ = 1 << 20


class Child:
    """Its pid, its three pipes, the end of its log and the last that it reported."""

    def __init__(
        self,
        exit_code: Callable[[int], int | None],
        used: Callable[[int], float] = lambda pid: 0.0,
    ) -> None:
        """`exit_code` and `used` (processor seconds, once it has ended) ask about a pid."""
        # 0 until the warm process has forked it.
        self.pid = 0
        self.end: dict[str, Any] = {}
        self.moved_at = time.monotonic()
        self._closed = False
        self._exit_code, self._used = exit_code, used
        self._seconds_seen = 0.0
        self._log_lines: deque[str] = deque(maxlen=LOG_LINES)
        self._public_lines: deque[str] = deque(maxlen=LOG_LINES)
        self._log_fd, self._log_far = os.pipe()
        self._report_fd, self._report_far = os.pipe()
        self._control_far, self._control_fd = os.pipe()
        self._readers = [
            threading.Thread(
                target=copy_context().run, args=[self._read_log], name="child-log", daemon=True
            ),
            threading.Thread(target=self._read_reports, name="child-report", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def far_ends(self) -> list[int]:
        """The child's ends of the pipes: log, report, control."""
        return [self._log_far, self._report_far, self._control_far]

    def close_far_ends(self) -> None:
        """Close our copies of the child's ends, so that its end is seen."""
        for fd in self.far_ends():
            os.close(fd)

    def poll(self) -> int | None:
        """Return the exit code (negative: the signal), None while it runs."""
        return self._exit_code(self.pid)

    def processor_seconds(self) -> float:
        """Return what it and all that it started have used.

        Of a killed one the part of processes that it had not waited for is what was seen last.
        """
        now = session_seconds(self.pid) if self.pid else 0.0
        self._seconds_seen = max(self._seconds_seen, now, self._used(self.pid))
        return self._seconds_seen

    def tell(self, word: str) -> None:
        """Ask for an orderly end ("cancel", "stop"), or say that a person waits now ("raise")."""
        with suppress(OSError):
            os.write(self._control_fd, f"{word}\n".encode())

    def kill(self) -> None:
        """Kill it and all that it started in its session; a stopped process dies too."""
        if not self.pid:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Read what is left in the pipes and close them; once closed, it stays so."""
        if self._closed:
            return
        self._closed = True
        # A process that the handler left behind would hold the pipes open.
        self.kill()
        for reader in self._readers:
            reader.join(timeout=2)
        os.close(self._control_fd)

    @property
    def log(self) -> Log:
        """The last lines of its output, and of what its handler said to members."""
        return Log("\n".join(self._log_lines), "\n".join(self._public_lines))

    def _read_log(self) -> None:
        log = ChildLog()
        with os.fdopen(self._log_fd, errors="replace", newline=None) as stream:
            while line := stream.readline(_MOST_READ):
                self._log_lines += map(_storable, log.as_people_read(line.rstrip("\n")))
        log.end()

    def _read_reports(self) -> None:
        with os.fdopen(self._report_fd) as stream:
            for line in stream:
                self.moved_at = time.monotonic()
                message = json.loads(line)
                if "log" in message:
                    self._public_lines += map(_storable, message["log"].splitlines())
                if "end" in message:
                    self.end = message


def _storable(line: str) -> str:
    # Postgres has no NUL in its texts.
    return line.replace("\0", "")[:LINE_CHARACTERS]
