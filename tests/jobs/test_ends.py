"""How attempts end, where two things happen at once."""

import os
import time

import pytest

from jobs.child.reporter import HEARTBEAT_SECONDS, Reporter
from jobs.models import NO_PROGRESS, Job, Outcome, Status
from jobs.services.cancel import cancel
from jobs.services.claim import claim
from jobs.services.end_attempt import give_back
from tests.jobs.conftest import queued


@pytest.fixture
def running(user) -> Job:
    """A job that a worker has claimed."""
    queued(user)
    return claim(queue="train", worker="w:1")


def test_a_job_cancelled_while_its_worker_shuts_down_does_not_go_back(running, user):
    cancel(user=user, job=running)
    assert give_back(job_id=running.pk, fence=running.fence)
    running.refresh_from_db()
    assert running.status == Status.CANCELLED
    attempt = running.attempt_set.get()
    assert (attempt.outcome, bool(attempt.ended_at)) == (Outcome.CANCELLED, True)


def test_the_same_progress_again_and_again_is_a_standstill(running):
    read_fd, write_fd = os.pipe()
    os.set_blocking(read_fd, False)
    reporter = Reporter(running.pk, running.fence, write_fd)

    def told(done: int, eta: float) -> bool:
        reporter.progress({**NO_PROGRESS, "done": done, "eta_seconds": eta})
        time.sleep(HEARTBEAT_SECONDS)
        reporter._send()
        try:
            return b"moving" in os.read(read_fd, 1000)
        except BlockingIOError:
            return False

    try:
        assert told(done=1, eta=3.0)
        assert not told(done=1, eta=4.0)
        assert told(done=2, eta=5.0)
    finally:
        os.close(read_fd)
        os.close(write_fd)
