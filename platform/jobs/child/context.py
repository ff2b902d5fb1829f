"""What a handler is given: its job, its folders, and how to report, stop and finish."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from common.pace import Pace
from jobs.child.reporter import Reporter
from jobs.errors import FenceLost, JobCancelled, JobInterrupted
from jobs.models import Job, JobAttempt, Outcome, Status
from jobs.services.announce import announce
from jobs.services.park import park
from programs.background import Background
from programs.least_share import LeastShare
from programs.processor_time import session_seconds
from storage import scratch

logger = logging.getLogger(__name__)
RECONNECT_SECONDS = 1.0
# How this process stands among others; in the warm process, from which it is forked, like any.
BACKGROUND = Background()


class JobContext:
    """One attempt of a job, as its handler sees it."""

    def __init__(self, job: Job, reporter: Reporter) -> None:
        self.job = job
        self.payload: dict[str, Any] = job.payload
        self.fence: int = job.fence
        self.attempt: int = job.attempts
        self.finished = False
        self.parked = False
        self._reporter = reporter
        self._stop_reason = ""
        self._stop = threading.Event()
        self._step: tuple[Any, ...] = ()
        self._pace = Pace(0)
        self._share = LeastShare()

    @property
    def output_dir(self) -> Path:
        """The folder of this attempt's files, made on first use.

        After a success what is left in it is kept as the job's result; otherwise it is removed.
        """
        path = scratch.attempt_dir(self.job.pk, self.fence)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def checkpoint_dir(self) -> Path:
        """The folder that all attempts (and retries) of the job share; it goes with its success."""
        path = scratch.checkpoint_dir(self.job.lineage)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def progress(
        self,
        done: int,
        total: int | None,
        unit: str,
        message: str = "",
        *,
        rate: float | None = None,
        eta_seconds: float | None = None,
    ) -> None:
        """Tell how far the work is: `done` of `total` units (None: length unknown).

        Cheap to call often. `rate` is in units a second; left out, it and `eta_seconds` are worked
        out from the pace since this total, unit and message began.
        """
        pace = self._pace_of(done, (total, unit, message))
        rate = pace.rate(done) if rate is None else rate
        eta_seconds = pace.seconds_left(done, total) if eta_seconds is None else eta_seconds
        self._reporter.progress(
            {
                "done": int(done),
                "total": None if total is None else int(total),
                "unit": unit,
                "message": message,
                "eta_seconds": None if eta_seconds is None else round(eta_seconds, 1),
                "rate": None if rate is None else round(rate, 1),
            }
        )

    def step(self, unit: str, message: str) -> Callable[[int, int], None]:
        """Return what is called with (done, total) during a step of the work.

        It tells the progress, and raises as `check` does when the work is to stop.
        """

        def on_progress(done: int, total: int) -> None:
            self.check()
            self.progress(done, total, unit, message)

        return on_progress

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to the job's live stream; `data` is JSON."""
        self._reporter.event(name, data)

    def log(self, line: str) -> None:
        """Write a line for members to read: live, and in the attempt's log.

        What is printed or logged otherwise (tracebacks, warnings of libraries) is for operators.
        """
        print(line, flush=True)
        self._reporter.tell_supervisor({"log": line})
        self._reporter.event("log", {"message": line})

    def should_stop(self) -> bool:
        """Whether to stop now: cancelled, the worker shuts down, or the job is another's."""
        return self._stop.is_set() or self._reporter.fence_lost.is_set()

    def is_owner(self) -> bool:
        """Whether the job is this attempt's now, by Postgres: for what is written past it."""
        mine = Job.objects.filter(pk=self.job.pk, fence=self.fence, status=Status.RUNNING)
        return mine.exists()

    def check(self) -> None:
        """Return while the work may go on.

        Raises `JobCancelled`, `JobInterrupted` or `FenceLost`; let them pass through the handler.
        """
        if self._stop_reason == "cancel":
            raise JobCancelled
        if self._reporter.fence_lost.is_set():
            raise FenceLost
        if self._stop.is_set():
            raise JobInterrupted

    def ask_to_stop(self, reason: str) -> None:
        """Make `should_stop()` true; `reason` is "cancel" or "stop"."""
        self._stop_reason = reason
        self._stop.set()

    def keep_share(self) -> None:
        """Have a tenth of a processor, though in the background; call it every second or so.

        Where this work had less for a while, it leaves the lowest priority until it has had it.
        """
        if self._share.is_due():
            BACKGROUND.set_share(has_share=self._share.is_short(session_seconds(os.getsid(0))))

    @contextmanager
    def guard(self) -> Iterator[None]:
        """A transaction that only the owner of the job can commit; keep it short.

        Waits while Postgres is away (the supervisor ends the attempt when that takes too long).
        Raises `FenceLost` when the job is another attempt's by now.
        """
        with self._transaction():
            yield

    @contextmanager
    def finish(self, result_type: str, result_id: object, **extra: Any) -> Iterator[dict[str, Any]]:
        """Store the result and move the job to succeeded, in one transaction.

        Yields the job's `result` (`{type, id, **extra}`), to which fields may be added.
        Raises `FenceLost` when the job is another attempt's by now; then nothing is stored.
        """
        result = {"type": result_type, "id": str(result_id), **extra}
        with self._transaction():
            yield result
            Job.objects.filter(pk=self.job.pk).update(
                status=Status.SUCCEEDED,
                result=result,
                error=None,
                progress=self._reporter.latest or self.job.progress,
                processor_seconds=self._processor_seconds(),
                lease_until=None,
                ended_at=Now(),
            )
            JobAttempt.objects.filter(job=self.job, fence=self.fence).update(
                outcome=Outcome.SUCCEEDED, ended_at=Now()
            )
        self.finished = True
        announce(self.job.pk)

    def _processor_seconds(self) -> float | None:
        """What the job has used until now, as the page that is told of its end shows it."""
        before = self.job.processor_seconds
        return None if before is None else before + session_seconds(os.getsid(0))

    @contextmanager
    def park(self) -> Iterator[None]:
        """Let go of the job until `jobs.services.park.wake`; the handler returns after it.

        The block, in the same transaction, looks whether there is anything to wait for: who ends
        it has to wait for this transaction. Raises `FenceLost`, and `JobCancelled` where a person
        has cancelled meanwhile.
        """
        with self._transaction():
            yield
            if Job.objects.get(pk=self.job.pk).cancel_requested_at is not None:
                raise JobCancelled
            progress = self._reporter.latest or self.job.progress
            park(
                job_id=self.job.pk,
                fence=self.fence,
                progress=progress,
                processor_seconds=self._processor_seconds(),
            )
        self.parked = True

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connect()
        with BACKGROUND.lifted(), transaction.atomic(durable=True):
            owned = (
                Job.objects.select_for_update(of=("self",))
                .filter(pk=self.job.pk, fence=self.fence, status=Status.RUNNING)
                .exists()
            )
            if not owned:
                self._reporter.fence_lost.set()
                raise FenceLost
            yield

    def _connect(self) -> None:
        """Return with a connection that works, however long Postgres takes to come back."""
        while True:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                return
            except (OperationalError, InterfaceError) as error:
                logger.warning("Postgres does not answer, waiting: %s", error)
                connection.close()
                self.check()
                time.sleep(RECONNECT_SECONDS)

    def _pace_of(self, done: int, step: tuple[Any, ...]) -> Pace:
        if step != self._step or self._pace.is_after(done):
            self._step, self._pace = step, Pace(done)
        return self._pace
