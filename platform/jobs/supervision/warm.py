"""Children forked from a warm process: one such process for each Celery process and preload.

Python, Django and what kinds preload are imported once, in advance; an attempt starts in
milliseconds. The warm process dies with the Celery process, its children with it.
"""

import json
import logging
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings

from jobs.supervision.child import Child
from programs.launch import Program

logger = logging.getLogger(__name__)
SERVER = Program(
    module="jobs.child.server",
    secrets=True,
    network=True,
    variables={"PYTHONUNBUFFERED": "1"},
)
START_SECONDS = 120.0
# A fork takes milliseconds, and seconds where memory is short.
ANSWER_SECONDS = 10.0


class WarmProcess:
    """The process that children are forked from."""

    def __init__(self, modules: Iterable[str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = SERVER.start(
                str(theirs.fileno()),
                str(os.getpid()),
                *modules,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._channel = ours
        self._ready = False
        # Exit code and processor seconds, by pid.
        self._ended: dict[int, tuple[int, float]] = {}

    @property
    def alive(self) -> bool:
        """Whether the process is there to fork."""
        return self._process.poll() is None

    def is_ready(self) -> bool:
        """Whether everything is imported, so that a child starts at once."""
        if not self._ready and (answer := self._receive(0)) is not None:
            self._ready = answer.get("ready", False)
        return self._ready

    def start_child(
        self, request: dict[str, Any], go_on: Callable[[], bool], keeps: Sequence[int] = ()
    ) -> Child | None:
        """Fork a child for `request`; None when `go_on()` turns false or nothing comes of it.

        `keeps` are file descriptors of which the child holds a copy for as long as it lives.
        A process that does not answer in time is ended: it would fail job after job while it hangs,
        and its late answer would be taken for the next child's.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self._ready:
            answer = self._receive(0.2)
            if answer is not None:
                self._ready = answer.get("ready", False)
            elif time.monotonic() > deadline:
                self._give_up("is not ready")
                return None
            elif not self.alive or not go_on():
                return None
        child = Child(self.exit_code, self.seconds_used)
        try:
            child.pid = self._fork(request, [*child.far_ends(), *keeps])
        finally:
            child.close_far_ends()
        if not child.pid:
            child.close()
            return None
        return child

    def exit_code(self, pid: int) -> int | None:
        """Return the exit code of a child (minus the signal's number), None while it runs."""
        while (answer := self._receive(0)) is not None:
            self._take(answer)
        if pid not in self._ended and not self.alive:
            # The kernel kills the children of a warm process that died.
            return -signal.SIGKILL
        return self._ended[pid][0] if pid in self._ended else None

    def seconds_used(self, pid: int) -> float:
        """Return the processor seconds of a child that has ended, and of those it waited for."""
        return self._ended[pid][1] if pid in self._ended else 0.0

    def close(self) -> None:
        """End the process and whatever it has started."""
        self._channel.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def _fork(self, request: dict[str, Any], fds: list[int]) -> int:
        """Return the pid of the new child, 0 when there is none."""
        pid = 0
        try:
            socket.send_fds(self._channel, [json.dumps(request).encode()], fds)
            while not pid:
                answer = self._receive(ANSWER_SECONDS)
                if answer is None:
                    self._give_up("does not fork")
                    return 0
                self._take(answer)
                pid = answer.get("started", 0)
        except OSError:
            return 0
        return pid

    def _give_up(self, what: str) -> None:
        logger.warning("the warm process %d %s; it is ended", self._process.pid, what)
        self.close()

    def _take(self, answer: dict[str, Any]) -> None:
        if "started" in answer:
            # Numbers of processes come round again.
            self._ended.clear()
        if "ended" in answer:
            self._ended[answer["ended"]] = answer["code"], answer["seconds"]

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        readable, _, _ = select.select([self._channel], [], [], seconds)
        if not readable:
            return None
        try:
            packet = self._channel.recv(65536)
        except OSError:
            return None
        return json.loads(packet) if packet else None


_warm: dict[tuple[str, ...], WarmProcess] = {}


def warm_process(*, preload: tuple[str, ...]) -> WarmProcess:
    """Return this process's warm process with these modules imported.

    It starts on the first call, in the background; with `JOB_PRELOAD` off it imports none of them.
    """
    preload = preload if settings.JOB_PRELOAD else ()
    found = _warm.get(preload)
    if found is None or not found.alive:
        if found is not None:
            found.close()
        found = _warm[preload] = WarmProcess(preload)
    return found
