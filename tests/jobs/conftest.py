"""Jobs for tests: real workers with short timings, and small functions that make and watch jobs."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEntry
from embedded.redis import RedisServer
from jobs.kinds import Kind, register
from jobs.models import Job, Status
from jobs.services.claim import claim
from jobs.services.enqueue import enqueue
from jobs.supervision import warm
from tests.conftest import database_url_of_tests, end_other_workers, wait_until
from tests.jobs.testkinds import kinds
from tests.jobs.workers import Workers, environment, read_journal

register(*kinds.ALL)


@pytest.fixture(scope="session")
def disturbed_workers(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Workers]:
    """Workers of the queues io and beat, and the clock, for the tests that follow."""
    with django_db_blocker.unblock():
        database_url = database_url_of_tests()
    workers = Workers(
        environment(database_url, os.environ["REDIS_URL"], Path(os.environ["LOUPE_DATA_DIR"])),
        tmp_path_factory.mktemp("workers"),
    )
    end_other_workers.append(workers.stop)
    yield workers
    workers.stop()


@dataclass
class Bench:
    """A place to start jobs, watch them, and look at what they left."""

    workers: Workers
    organization: Any
    person: Any
    folder: Path

    def enqueue(self, kind: Kind = kinds.STEPS, *, priority: int = 0, **payload: Any) -> Job:
        """Start a job of test steps."""
        number = len(list(self.folder.glob("*.journal")))
        journal = self.folder / f"{number}.journal"
        journal.touch()
        values = {"steps": 3, "seconds": 0.05, "journal": str(journal), **payload}
        return enqueue(
            kind=kind,
            organization=self.organization,
            created_by=self.person,
            title=f"Job {number}",
            payload=values,
            priority=priority,
        )

    def journal(self, job: Job, what: str = "") -> list[dict[str, Any]]:
        """What the job's handlers noted."""
        notes = read_journal(Path(job.payload["journal"]))
        return [note for note in notes if not what or note["what"] == what]

    def wait(self, job: Job, *statuses: Status, seconds: float = 30) -> Job:
        """Wait until the job is in one of these states (default: ended)."""

        def there() -> bool:
            job.refresh_from_db()
            return job.status in statuses if statuses else job.is_terminal

        wait_until(there, seconds, lambda: f"{job.status} {job.error}\n{self.workers.all_logs()}")
        return job

    def wait_for(self, condition: Callable[[], object], seconds: float = 30) -> None:
        """Wait until something is so."""
        wait_until(condition, seconds, self.workers.all_logs)

    def results(self, job: Job) -> int:
        """How many results the job has stored."""
        return AuditEntry.objects.filter(action="test.result", object_id=str(job.pk)).count()


@pytest.fixture
def bench(disturbed_workers, transactional_db, user, tmp_path) -> Iterator[Bench]:
    """The running workers and an empty database."""
    workers = disturbed_workers
    for name in ("io", "beat", "clock"):
        process = workers.processes.get(name)
        if process is None or process.poll() is not None:
            workers.start(name)
    for name in ("io", "beat"):
        wait_until(lambda n=name: workers.ready(n), 60, workers.all_logs)
    yield Bench(workers, user.personal_organization, user, tmp_path)
    connection.close()


@pytest.fixture
def own_warm_process(transactional_db, settings, monkeypatch, tmp_path) -> Iterator[None]:
    """Let this process run jobs of the kinds of tests, forked from a process of its own."""
    settings.SCRATCH_DIR = tmp_path
    for name, value in {
        "LOUPE_SCRATCH_DIR": str(tmp_path),
        "DATABASE_URL": database_url_of_tests(),
        "DJANGO_SETTINGS_MODULE": "tests.jobs.testkinds.settings",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(warm, "_warm", {})
    yield
    for process in warm._warm.values():
        process.close()


@pytest.fixture
def own_redis(tmp_path) -> Iterator[RedisServer]:
    """A Redis for one test alone."""
    with RedisServer(tmp_path / "redis", durable=False) as server:
        yield server
        # A server that a test has stopped cannot end by itself.
        os.kill(server.pid, signal.SIGCONT)


def queued(person, number: int = 1, *, organization=None, **fields) -> list[Job]:
    jobs = []
    for index in range(number):
        job = enqueue(
            kind=kinds.TRAIN_STEPS,
            organization=organization or person.personal_organization,
            created_by=person,
            title=f"{person.username} {index}",
            payload={},
            **fields,
        )
        Job.objects.filter(pk=job.pk).update(status="queued")
        job.refresh_from_db()
        jobs.append(job)
    return jobs


@pytest.fixture
def running(user, settings, tmp_path) -> Job:
    """A job that a worker has claimed."""
    settings.SCRATCH_DIR = tmp_path / "scratch"
    queued(user)
    return claim(queue="train", worker="w:1")
