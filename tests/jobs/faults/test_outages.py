"""Postgres, Redis or the web server goes away."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connections

from embedded.postgres import PostgresServer
from jobs.models import Job, Outcome, Status
from tests import factories
from tests.conftest import database_url_of_tests, wait_until
from tests.jobs.conftest import Bench
from tests.jobs.workers import Workers, environment
from tests.servers import REPOSITORY_DIR


def _workers(bench: Bench, tmp_path: Path, redis_url: str, database_url: str) -> Workers:
    workers = Workers(environment(database_url, redis_url, tmp_path / "data"), tmp_path)
    workers.start("io", "beat", "clock")
    for name in ("io", "beat"):
        wait_until(lambda n=name: workers.ready(n), 60, workers.all_logs)
    return workers


def test_redis_loses_everything_with_jobs_queued(bench, own_redis, tmp_path):
    for name in ("io", "beat", "clock"):
        bench.workers.terminate(name)
    workers = _workers(bench, tmp_path, own_redis.url, database_url_of_tests())
    try:
        jobs = [_pending(bench, steps=1, seconds=0.01) for _ in range(16)]
        wait_until(
            lambda: Job.objects.filter(status=Status.SUCCEEDED).count() > 3, 60, workers.all_logs
        )
        own_redis.kill()
        own_redis.start()
        wait_until(
            lambda: Job.objects.filter(status=Status.SUCCEEDED).count() == 16,
            120,
            workers.all_logs,
        )
        assert all(bench.results(job) == 1 for job in jobs)
        # The second alone where Redis is back before the worker's first try.
        noticed = ("Cannot connect to redis", "Connection to broker lost")
        assert any(words in workers.log("io") for words in noticed)
    finally:
        workers.stop()


def _pending(bench: Bench, **payload) -> Job:
    """A job that the web has committed and could not ring for."""
    job = bench.enqueue(**payload)
    Job.objects.filter(pk=job.pk).update(published_at=None)
    return job


PROGRAM = """
import os, signal, sys
import django; django.setup()
from django.db import transaction
from accounts.models import Organization
from jobs.services.enqueue import enqueue
from tests.jobs.testkinds import kinds
try:
    with transaction.atomic():
        if {rolls_back}:
            pass
        else:
            transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        enqueue(kind=kinds.STEPS, organization=Organization.objects.get(), created_by=None,
                title={title!r}, payload={payload!r})
        if {rolls_back}:
            raise RuntimeError
except RuntimeError:
    pass
"""


@pytest.mark.parametrize("rolls_back", [False, True], ids=["commit", "rollback"])
def test_web_killed_just_after_commit(bench, tmp_path, rolls_back):
    journal = tmp_path / "web.journal"
    journal.touch()
    program = PROGRAM.format(
        rolls_back=rolls_back,
        title="From a web server that dies",
        payload={"steps": 1, "seconds": 0.01, "journal": str(journal)},
    )
    web = subprocess.run([sys.executable, "-c", program], env=bench.workers.environment)
    if rolls_back:
        assert web.returncode == 0
        assert not Job.objects.exists()
        return
    assert web.returncode == -9
    job = Job.objects.get()
    bench.wait(job)
    assert (job.status, bench.results(job)) == (Status.SUCCEEDED, 1)


HURRIED_PROGRAM = """
import time
import django; django.setup()
from accounts.models import Organization
from jobs.services.enqueue import enqueue
from tests.jobs.testkinds import kinds
started = time.monotonic()
enqueue(kind=kinds.STEPS, organization=Organization.objects.get(), created_by=None,
        title="While Redis hangs", payload={payload!r})
print(time.monotonic() - started)
"""


def test_nobody_waits_long_for_a_redis_that_hangs(bench, own_redis, tmp_path):
    program = HURRIED_PROGRAM.format(
        payload={"steps": 1, "seconds": 0.01, "journal": str(tmp_path / "web.journal")},
    )
    os.kill(own_redis.pid, signal.SIGSTOP)
    web = subprocess.run(
        [sys.executable, "-c", program],
        env={**bench.workers.environment, "REDIS_URL": own_redis.url},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Redis does not answer" in web.stderr
    assert float(web.stdout) < 15, (
        "a person who starts a job waits for seconds, not for half a minute"
    )
    job = bench.wait(Job.objects.get())
    assert (job.status, bench.results(job)) == (Status.SUCCEEDED, 1)


@pytest.fixture
def own_postgres(tmp_path, django_db_blocker):
    """A Postgres for one test alone, which this process uses too while it lasts."""
    with PostgresServer(tmp_path / "postgres", durable=False) as server:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            cwd=REPOSITORY_DIR,
            env=environment(server.owner_url, "redis://unused", tmp_path / "data")
            | {"LOUPE_SERVING_ROLE": "loupe"},
            check=True,
        )
        import environ

        connection = connections["default"]
        before = connection.settings_dict
        with django_db_blocker.unblock():
            connection.close()
            connection.settings_dict = {**before, **environ.Env.db_url_config(server.url)}
            yield server
            connection.close()
            connection.settings_dict = before


def test_postgres_goes_away(own_postgres, own_redis, tmp_path):
    person = factories.make_user()
    workers = _workers(None, tmp_path, own_redis.url, own_postgres.url)
    bench = Bench(workers, person.personal_organization, person, tmp_path)
    try:
        _goes_away(bench, own_postgres, seconds=1.5, attempts=1)
        job = _goes_away(bench, own_postgres, seconds=8, attempts=2)  # past the lease
        assert job.attempt_set.order_by("fence").first().outcome == Outcome.LOST
        assert "Postgres does not answer" in workers.log("io")
    finally:
        workers.stop()


def _goes_away(bench: Bench, postgres: PostgresServer, *, seconds: float, attempts: int) -> Job:
    """Kill Postgres for so long while a job is at work; return it, done in so many attempts."""
    job = bench.enqueue(steps=60, seconds=0.15)
    Job.objects.filter(pk=job.pk).update(published_at=None)
    bench.wait_for(lambda: len(bench.journal(job, "step")) >= 3)
    connections["default"].close()
    postgres.kill()
    steps_before = len(bench.journal(job, "step"))
    time.sleep(seconds)
    assert len(bench.journal(job, "step")) > steps_before, "the work goes on meanwhile"
    postgres.start()
    bench.wait(job, seconds=60)
    assert (job.status, bench.results(job)) == (Status.SUCCEEDED, 1)
    assert job.attempts == attempts
    return job
