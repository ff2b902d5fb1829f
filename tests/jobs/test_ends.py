"""How attempts end, where two things happen at once."""

import os
import time

from jobs import events
from jobs.child.reporter import HEARTBEAT_SECONDS, Reporter
from jobs.errors import JobFailed
from jobs.models import NO_PROGRESS, Job, Outcome, Status
from jobs.services import end_attempt, lease
from jobs.services.cancel import cancel
from jobs.services.claim import claim
from jobs.services.end_attempt import give_back
from tests.jobs.conftest import queued


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


def test_a_retry_waits_longer_each_time(settings):
    settings.JOB_RETRY_SECONDS = [5, 30, 120]
    assert [end_attempt.retry_delay(number) for number in (1, 2, 3, 4, 50)] == [
        5,
        30,
        120,
        120,
        120,
    ]


def test_an_attempt_that_is_given_back_does_not_count(running, user):
    events.client().delete("train")
    assert end_attempt.give_back(
        job_id=running.pk, fence=running.fence, log=end_attempt.Log("tail", "public")
    )
    running.refresh_from_db()
    assert (running.status, running.attempts) == (Status.QUEUED, 0)
    assert events.client().llen("train") == 1
    attempt = running.attempt_set.get()
    assert (attempt.outcome, attempt.log_tail, attempt.public_log) == (
        Outcome.GIVEN_BACK, "tail", "public",
    )  # fmt: skip
    assert attempt.ended_at
    assert not end_attempt.give_back(job_id=running.pk, fence=running.fence)
    assert not end_attempt.cancelled(job_id=running.pk, fence=running.fence)
    assert not lease.renew(job_id=running.pk, fence=running.fence, used=lease.Used(1.0, 0.0))
    events.client().delete("train")


def test_a_failure_is_tried_again_while_attempts_are_left_and_nobody_cancelled(user):
    queued(user, 3)
    again, last, cancelled = (claim(queue="train", worker="w:1") for _ in range(3))
    Job.objects.filter(pk=last.pk).update(attempts=last.max_attempts)
    cancel(user=user, job=cancelled)
    failure = JobFailed("internal", "It broke.")
    for job in (again, last, cancelled):
        assert end_attempt.fail(job_id=job.pk, fence=job.fence, failure=failure)
        job.refresh_from_db()
        assert job.lease_until is None
    assert (again.status, last.status, cancelled.status) == ("retry_wait", "failed", "cancelled")
    assert again.error["hint"] == end_attempt.TRIED_AGAIN
    assert again.available_at is not None
    assert last.error["hint"].startswith("Press Retry")
    assert (bool(last.ended_at), cancelled.error) == (True, None)
    assert {job.attempt_set.get().error["detail"] for job in (again, last, cancelled)} == {
        "It broke."
    }
