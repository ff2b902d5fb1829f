"""A worker's network is cut: it waits, gives up in time, and comes back; nothing is done twice."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from django.db import connection

from jobs.models import Outcome, Status
from tests.conftest import free_port, wait_until
from tests.jobs.conftest import Bench
from tests.jobs.proxy import Address, Proxy
from tests.jobs.workers import REPOSITORY_DIR, Workers, environment


@dataclass
class Outpost:
    """A worker and a web server that reach Postgres and Redis over a network of their own."""

    workers: Workers
    postgres: Proxy
    redis: Proxy
    url: str

    def cut(self) -> None:
        self.postgres.cut()
        self.redis.cut()

    def mend(self) -> None:
        self.postgres.mend()
        self.redis.mend()

    def readiness(self) -> tuple[int, dict]:
        """What /healthz/ready answers."""
        return self._get("/healthz/ready")

    def is_alive(self) -> bool:
        """Whether /healthz/live answers."""
        return self._get("/healthz/live")[0] == 200

    def _get(self, path: str) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture
def outpost(bench: Bench, tmp_path) -> Iterator[Outpost]:
    postgres, redis = Proxy(_postgres_address()), Proxy(_redis_address())
    settings = connection.settings_dict
    account = f"{settings['USER']}:{settings['PASSWORD']}"
    port = free_port()
    workers = Workers(
        environment(
            f"postgres://{account}@127.0.0.1:{postgres.port}/{settings['NAME']}",
            f"redis://127.0.0.1:{redis.port}/0",
            bench.workers.environment["LOUPE_DATA_DIR"],
        ),
        tmp_path,
    )
    bench.workers.terminate("io")
    workers.start("io")
    web = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)],
        cwd=REPOSITORY_DIR,
        env=workers.environment,
    )
    post = Outpost(workers, postgres, redis, f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: workers.ready("io"), 60, workers.all_logs)
        wait_until(lambda: _is_ready(post), 60)
        yield post
    finally:
        workers.stop()
        web.kill()
        web.wait()
        postgres.close()
        redis.close()


def _is_ready(post: Outpost) -> bool:
    try:
        return post.readiness()[0] == 200
    except OSError:
        return False


def _postgres_address() -> Address:
    settings = connection.settings_dict
    port = settings["PORT"] or 5432
    if folder := settings["OPTIONS"].get("host"):
        return f"{folder}/.s.PGSQL.{port}"
    return settings["HOST"], int(port)


def _redis_address() -> Address:
    parts = urlsplit(os.environ["REDIS_URL"])
    return (parts.hostname, parts.port or 6379) if parts.hostname else parts.path


def test_a_worker_that_is_cut_off_gives_up_before_another_begins(bench, outpost):
    _is_cut_off_shortly(bench, outpost)
    _is_cut_off_past_its_lease(bench, outpost)


def _is_cut_off_shortly(bench: Bench, outpost: Outpost) -> None:
    """It costs nothing."""
    job = bench.enqueue(steps=30, seconds=0.1)
    bench.wait_for(lambda: len(bench.journal(job, "step")) >= 3)
    outpost.cut()
    noted = len(bench.journal(job, "step"))
    time.sleep(1.5)
    assert len(bench.journal(job, "step")) > noted, "the work goes on meanwhile"
    outpost.mend()
    bench.wait(job)
    assert (job.status, job.attempts, bench.results(job)) == (Status.SUCCEEDED, 1, 1)


def _is_cut_off_past_its_lease(bench: Bench, outpost: Outpost) -> None:
    job = bench.enqueue(steps=60, seconds=0.1)
    bench.wait_for(lambda: len(bench.journal(job, "step")) >= 3)
    assert outpost.readiness()[0] == 200, "and keeps its connection"
    outpost.cut()
    bench.workers.start("io")

    assert outpost.is_alive()
    # Then its thread, and the connection that it keeps, are free for the next request.
    time.sleep(0.5)
    status, answer = outpost.readiness()
    assert (status, answer["checks"]) == (503, {"postgres": False, "redis": False})
    bench.wait(job)
    assert (job.status, job.attempts, bench.results(job)) == (Status.SUCCEEDED, 2, 1)
    first, second = job.attempt_set.order_by("fence")
    assert (first.outcome, second.outcome) == (Outcome.LOST, Outcome.SUCCEEDED)
    ends = max(note["at"] for note in bench.journal(job) if note["fence"] == first.fence)
    begins = min(note["at"] for note in bench.journal(job) if note["fence"] == second.fence)
    assert ends < begins, "two of them worked at the same time"
    assert "Postgres does not answer" in outpost.workers.log("io")

    outpost.mend()
    wait_until(lambda: outpost.readiness()[0] == 200, 30)
    bench.workers.terminate("io")
    after = bench.wait(bench.enqueue(), seconds=60)
    assert (after.status, bench.results(after)) == (Status.SUCCEEDED, 1)
    job.refresh_from_db()
    assert (job.attempts, bench.results(job)) == (2, 1)
    assert job.attempt_set.get(fence=first.fence).outcome == Outcome.LOST
