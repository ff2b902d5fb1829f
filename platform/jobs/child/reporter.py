"""Progress and events on their way out of a handler, in a thread of their own.

The handler never waits for Redis or Postgres to learn how far it is.
"""

import json
import logging
import os
import threading
import time
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection

from jobs import events
from jobs.services.lease import save_progress

logger = logging.getLogger(__name__)
LIVE_SECONDS = 0.25
STORE_SECONDS = 2.0
HEARTBEAT_SECONDS = 1.0
# The rest (rate, time left) changes while nothing moves.
MOVING = ("done", "total", "unit", "message")


class Reporter:
    """Sends the latest progress four times a second to the stream, every two seconds to Postgres.

    `report_fd` is the pipe to the supervisor, which only wants to know that things move: the same
    progress told again and again is a standstill.
    """

    def __init__(self, job_id: UUID, fence: int, report_fd: int) -> None:
        self.fence_lost = threading.Event()
        self._job_id, self._fence, self._report_fd = job_id, fence, report_fd
        self._lock = threading.Lock()
        self._pipe_lock = threading.Lock()
        self._progress: dict[str, Any] = {}
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._unsent = self._unsaved = self._moved = False
        self._stored_at = self._beat_at = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def progress(self, progress: dict[str, Any]) -> None:
        """Take the latest progress; what came before and was not sent yet is forgotten."""
        with self._lock:
            before, self._progress = self._progress, progress
            self._moved |= any(progress[name] != before.get(name) for name in MOVING)
            self._unsent = self._unsaved = True

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Take an event; all of them are sent, in order."""
        with self._lock:
            self._events.append((name, data))

    @property
    def latest(self) -> dict[str, Any]:
        """The latest progress, sent or not."""
        return self._progress

    def tell_supervisor(self, message: dict[str, Any]) -> None:
        """Send one line to the supervisor; it being gone is no matter."""
        line = json.dumps(message).encode() + b"\n"
        try:
            # Two threads that write long lines at once would mix them.
            with self._pipe_lock:
                os.write(self._report_fd, line)
        except OSError:
            logger.warning("the supervisor is gone")

    def close(self) -> None:
        """Send what is left, and end."""
        self._closing.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        try:
            while not self._closing.wait(LIVE_SECONDS):
                self._send()
            self._send()
        finally:
            connection.close()

    def _send(self) -> None:
        with self._lock:
            batch, self._events = self._events, []
            self._moved |= bool(batch)
            if self._unsent:
                batch.append(("progress", self._progress))
            self._unsent = False
        now = time.monotonic()
        if self._moved and now - self._beat_at >= HEARTBEAT_SECONDS:
            self._beat_at, self._moved = now, False
            self.tell_supervisor({"moving": True})
        events.publish(self._job_id, batch)
        if self._unsaved and now - self._stored_at >= STORE_SECONDS:
            self._unsaved = False
            self._stored_at = now
            self._store()

    def _store(self) -> None:
        try:
            owned = save_progress(job_id=self._job_id, fence=self._fence, progress=self._progress)
        except DatabaseError as error:
            # The work goes on; the next progress tries again.
            logger.warning("progress is not stored, Postgres does not answer: %s", error)
            connection.close()
        else:
            if not owned:
                self.fence_lost.set()
