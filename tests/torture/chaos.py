"""Random harm from a seed: kills, pauses and orderly stops of every process that matters."""

import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psutil
from django.conf import settings

from datasets import kinds
from datasets.models import ImportChunk
from jobs.kinds import Queue
from jobs.models import Job, Status
from tests.torture.installation import Installation, send

# What is harmed, how, how often.
HARM = {
    ("child", "kill"): 34,
    ("child", "pause"): 6,
    ("supervisor", "kill"): 18,
    ("supervisor", "pause"): 6,
    ("warm process", "kill"): 5,
    ("worker", "kill"): 8,
    ("worker", "stop"): 5,
    ("reaper", "kill"): 5,
    ("reaper", "pause"): 3,
    ("clock", "kill"): 3,
    ("redis", "kill"): 4,
    ("redis", "pause"): 3,
}

# Of what hits an attempt, while a training or a helped import runs; the rest goes to whatever runs.
SHARE_OF_CHOSEN = 0.8
# What is hit again and again before it has finished an epoch, or a chunk, would never get on.
TRAINING_SECONDS = 12.0
CREW_SECONDS = 8.0


@dataclass
class Hit:
    """One act of harm; the rest where it hit an attempt.

    `on_crew`: of an import that is helped, or of a helper; `chunks` that it had at hand.
    """

    victim: str
    way: str
    at: datetime
    job: str = ""
    fence: int = 0
    queue: str = ""
    on_crew: bool = False
    chunks: int = 0


@dataclass
class Chaos:
    """Does harm, one act at a time, and remembers it."""

    installation: Installation
    rng: random.Random
    hits: list[Hit] = field(default_factory=list)
    _paused: list[tuple[threading.Timer, int]] = field(default_factory=list)

    def strike(self) -> None:
        """Do one act of harm, if its victim is there."""
        (victim, way), *_ = self.rng.choices(list(HARM), weights=list(HARM.values()))
        hit = Hit(victim, way, datetime.now(UTC))
        pid = self._aim(hit)
        if pid is None:
            return
        if way == "kill" and not send(pid, signal.SIGKILL):
            return
        if way == "stop" and not send(pid, signal.SIGTERM):
            return
        if way == "pause":
            if not send(pid, signal.SIGSTOP):
                return
            seconds = settings.JOB_LEASE_SECONDS * self.rng.choice([0.3, 1.6])
            # A timer: the campaign itself may be waiting for what it has paused.
            timer = threading.Timer(seconds, send, (pid, signal.SIGCONT))
            timer.start()
            self._paused.append((timer, pid))
        self.hits.append(hit)

    def wake(self) -> None:
        """Let every paused process go on now."""
        for timer, pid in self._paused:
            if timer.is_alive():
                timer.cancel()
                send(pid, signal.SIGCONT)

    def _aim(self, hit: Hit) -> int | None:
        workers = self.installation.workers.processes
        if hit.victim == "redis":
            return self.installation.redis.pid
        if hit.victim in ("reaper", "clock"):
            return workers["beat" if hit.victim == "reaper" else "clock"].pid
        running = list(Job.objects.filter(status=Status.RUNNING).order_by("pk"))
        if not running:
            return None
        trainings = [job for job in running if job.queue == Queue.TRAIN]
        crews = _crews(running)
        chosen = [group for group in (trainings, crews) if group]
        if chosen and self.rng.random() < SHARE_OF_CHOSEN:
            job = self.rng.choice(self.rng.choice(chosen))
        else:
            job = self.rng.choice(running)
        if job in trainings and not self._had_time(job, TRAINING_SECONDS):
            return None
        if job in crews and not self._had_time(job, CREW_SECONDS):
            return None
        hit.job, hit.fence, hit.queue = str(job.pk), job.fence, job.queue
        hit.on_crew = job in crews
        hit.chunks = ImportChunk.objects.filter(holder=job, fence=job.fence, done=False).count()
        if hit.victim == "worker":
            return workers[job.queue].pid
        attempt = job.attempt_set.filter(fence=job.fence).first()
        supervisor = int(attempt.worker.rpartition(":")[2]) if attempt else 0
        if supervisor not in self.installation.supervisors():
            return None
        if hit.victim == "supervisor":
            return supervisor
        return self._below(supervisor, hit.victim)

    def _had_time(self, job: Job, seconds: float) -> bool:
        """Whether the attempt is old enough, sometimes at once, to have finished a part or two."""
        age = datetime.now(UTC) - job.claimed_at if job.claimed_at else timedelta()
        return age > timedelta(seconds=self.rng.uniform(0, seconds))

    def _below(self, supervisor: int, victim: str) -> int | None:
        with suppress(psutil.NoSuchProcess):
            for warm in psutil.Process(supervisor).children():
                children = warm.children()
                if children:
                    return warm.pid if victim == "warm process" else children[0].pid
        return None

    @property
    def kills(self) -> int:
        """How many of them were kills."""
        return sum(hit.way == "kill" for hit in self.hits)

    def counts(self) -> Counter[str]:
        """How often what was harmed how."""
        return Counter(f"{hit.victim} {hit.way}" for hit in self.hits)


def _crews(running: list[Job]) -> list[Job]:
    """The helpers that run, and the imports that they may be helping."""
    names = {kinds.HELP_IMPORT.name, kinds.IMPORT_ARCHIVE.name}
    crew = [job for job in running if job.kind in names]
    return crew if any(job.kind == kinds.HELP_IMPORT.name for job in crew) else []
