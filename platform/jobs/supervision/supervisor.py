"""Claim one job, run it in a child process, watch over it, write how it ended."""

import logging
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from common.trace import tracing
from jobs import kinds
from jobs.errors import JobFailed
from jobs.models import Job
from jobs.services import end_attempt, lease
from jobs.services.claim import claim
from jobs.services.end_attempt import NO_LOG, Log
from jobs.supervision.child import Child
from jobs.supervision.equipment import Equipment, equip
from jobs.supervision.first_words import WAITING_FOR_GPU, say, say_starting
from jobs.supervision.lease import LeaseKeeper
from jobs.supervision.memory import oom_kills
from jobs.supervision.tidy import tidy
from jobs.supervision.use import Use
from jobs.supervision.warm import warm_process
from storage import scratch

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.1
RECONNECT_SECONDS = 1.0


class Verdict(NamedTuple):
    """How an attempt ended.

    finished, parked, cancelled, given_back, failed (`failure`) or abandoned.
    """

    name: str
    failure: JobFailed | None = None


def supervise_next(*, queue: str, worker: str, shutting_down: Callable[[], bool]) -> Job | None:
    """Run the next job of the queue to the end of one attempt; None: there was nothing to do."""
    job = _claim(queue, worker, shutting_down)
    if job is None:
        return None
    with tracing(job.trace):
        logger.info("job %s (%s) attempt %d, fence %d", job.pk, job.kind, job.attempts, job.fence)
        verdict = Supervisor(job, shutting_down).run()
        logger.info("job %s attempt %d: %s", job.pk, job.attempts, verdict.name)
    return job


def _claim(queue: str, worker: str, shutting_down: Callable[[], bool]) -> Job | None:
    said = False
    while not shutting_down():
        try:
            return claim(queue=queue, worker=worker)
        except (OperationalError, InterfaceError) as error:
            if not said:
                logger.warning("Postgres does not answer, waiting: %s", error)
                said = True
            connection.close()
            time.sleep(RECONNECT_SECONDS)
    return None


class Supervisor:
    """Owns one attempt from its claim to its end."""

    def __init__(self, job: Job, shutting_down: Callable[[], bool]) -> None:
        self._job = job
        self._kind = kinds.find(job.kind)
        self._shutting_down = shutting_down
        self._use = Use(job)
        self._lease = LeaseKeeper(
            job.pk, job.fence, in_background=job.in_background, used=self._use.so_far
        )
        self._in_background = job.in_background
        self._started_at = time.monotonic()
        self._oom_kills_before = oom_kills()
        self._asked = ""
        self._kill_at: float | None = None

    def run(self) -> Verdict:
        """Return how the attempt ended; by then it is written, unless the job is ours no longer."""
        self._lease.start()
        child: Child | None = None
        try:
            if self._kind is None:
                detail = f"This worker knows no kind of job named {self._job.kind!r}."
                verdict = Verdict("failed", JobFailed("internal", detail))
            else:
                child = self._start(self._kind)
                verdict = self._watch(child) if child else self._not_started()
            self._conclude(verdict, child.log if child else NO_LOG)
            return verdict
        finally:
            if child:
                child.kill()
                child.close()
            self._lease.stop()

    def _start(self, kind: kinds.Kind) -> Child | None:
        needs = kind.needs
        warm = warm_process(preload=kinds.preload_of(kind))
        equipment = self._equipment(needs)
        if equipment is None:
            return None
        say_starting(self._job, loads="" if warm.is_ready() else needs.title)
        request = {
            "job": str(self._job.pk),
            "fence": self._job.fence,
            "variables": equipment.variables,
            "background": self._in_background,
        }
        # The child holds its GPU from here on, and gives it back by its death alone.
        with equipment.given_away() as keeps:
            child = warm.start_child(request, lambda: not self._must_leave(), keeps)
        if child:
            self._use.begin(child, holds_gpu=equipment.place is not None)
        self._started_at = time.monotonic()
        return child

    def _equipment(self, needs: kinds.Needs) -> Equipment | None:
        """Return what the child works with, once a GPU is free; None when we must leave."""
        said = False
        while not self._must_leave():
            if equipment := equip(needs):
                return equipment
            if not said:
                say(self._job, WAITING_FOR_GPU)
                said = True
            time.sleep(TICK_SECONDS)
        return None

    def _not_started(self) -> Verdict:
        if self._lease.lost or self._gave_up():
            return Verdict("abandoned")
        if self._lease.cancel_requested:
            return Verdict("cancelled")
        if self._shutting_down():
            return Verdict("given_back")
        detail = "The worker could not start a process for the work. Its log says why."
        return Verdict("failed", JobFailed("internal", detail))

    def _must_leave(self) -> bool:
        return (
            self._lease.lost
            or self._gave_up()
            or self._lease.cancel_requested
            or self._shutting_down()
        )

    def _gave_up(self) -> bool:
        return self._lease.seconds_since_contact > settings.JOB_GIVE_UP_SECONDS

    def _watch(self, child: Child) -> Verdict:
        overrun: JobFailed | None = None
        while (code := child.poll()) is None:
            if self._lease.lost or self._gave_up():
                child.kill()
                logger.warning("job %s is no longer ours, stopped", self._job.pk)
                return Verdict("abandoned")
            self._lease.tell_silence()
            self._pass_on_requests(child)
            overrun = overrun or self._overrun(child)
            if overrun or (self._kill_at and time.monotonic() > self._kill_at):
                child.kill()
            time.sleep(TICK_SECONDS)
        child.close()
        return self._judge(child, code, overrun)

    def _pass_on_requests(self, child: Child) -> None:
        if self._lease.cancel_requested and self._asked != "cancel":
            self._ask(child, "cancel", settings.JOB_CANCEL_GRACE_SECONDS)
        elif (self._shutting_down() or self._lease.in_the_way) and not self._asked:
            self._ask(child, "stop", settings.JOB_STOP_GRACE_SECONDS)
        elif self._in_background and not self._lease.in_background:
            self._in_background = False
            child.tell("raise")

    def _ask(self, child: Child, reason: str, grace: float) -> None:
        child.tell(reason)
        self._asked = reason
        self._kill_at = time.monotonic() + grace

    def _overrun(self, child: Child) -> JobFailed | None:
        now = time.monotonic()
        stall = (self._kind and self._kind.stall_seconds) or settings.JOB_STALL_SECONDS
        if now - child.moved_at > stall:
            return JobFailed("stalled", f"There was no progress for {stall:g} s.")
        limit = (self._kind and self._kind.time_limit_seconds) or settings.JOB_TIME_LIMIT_SECONDS
        if now - self._started_at > limit:
            return JobFailed("timed_out", f"The work took longer than {limit:g} s.")
        return None

    def _judge(self, child: Child, code: int, overrun: JobFailed | None) -> Verdict:
        end = child.end
        if end.get("end") in ("finished", "parked"):
            return Verdict(end["end"])
        if end.get("end") == "fence_lost":
            return Verdict("abandoned")
        if self._asked == "cancel":
            return Verdict("cancelled")
        if overrun:
            return Verdict("failed", overrun)
        if self._asked == "stop" or end.get("end") == "stopped":
            return Verdict("given_back")
        if end.get("end") == "failed":
            failure = JobFailed(end["code"], end["detail"], end["hint"], end["retry"])
            return Verdict("failed", failure)
        return Verdict("failed", self._sudden_end(code))

    def _sudden_end(self, code: int) -> JobFailed:
        if code == -signal.SIGKILL:
            kills = oom_kills()
            if kills is None or kills != self._oom_kills_before:
                return JobFailed(
                    "out_of_memory", "The system ran out of memory and ended the work."
                )
            return JobFailed("lost", "The process that did the work was killed from outside.")
        if code < 0:
            name = signal.Signals(-code).name
            return JobFailed("internal", f"The process that did the work crashed ({name}).")
        return JobFailed("internal", f"The process that did the work ended with status {code}.")

    def _conclude(self, verdict: Verdict, log: Log) -> None:
        """Write the end, however long Postgres takes within the lease; else the reaper will."""
        if verdict.name == "abandoned":
            return
        while True:
            try:
                ours = self._write(verdict, log)
                break
            except (OperationalError, InterfaceError) as error:
                logger.warning("job %s: its end waits for Postgres: %s", self._job.pk, error)
                connection.close()
                if self._lease.lost or self._gave_up():
                    return
                time.sleep(RECONNECT_SECONDS)
        scratch.remove_tree(scratch.temporary_dir(self._job.pk, self._job.fence))
        # A job that was no longer ours may have succeeded just before its process died.
        if ours and verdict.name != "finished":
            scratch.remove_tree(scratch.attempt_dir(self._job.pk, self._job.fence))
        tidy(job_id=self._job.pk)

    def _write(self, verdict: Verdict, log: Log) -> bool:
        """Write how the attempt ended; return whether that was still for us to say."""
        job_id, fence = self._job.pk, self._job.fence
        lease.save_use(job_id=job_id, fence=fence, used=self._use.so_far())
        if verdict.name == "cancelled":
            return end_attempt.cancelled(job_id=job_id, fence=fence, log=log)
        if verdict.name == "given_back":
            return end_attempt.give_back(job_id=job_id, fence=fence, log=log)
        if verdict.failure is not None:
            failure = verdict.failure
            return end_attempt.fail(job_id=job_id, fence=fence, failure=failure, log=log)
        end_attempt.keep_log(job_id=job_id, fence=fence, log=log)
        return True
