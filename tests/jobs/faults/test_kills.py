"""Processes that are killed or paused: the job goes on, and counts once."""

import os
import signal

import pytest
from celery import current_app

from jobs.models import Outcome, Status
from jobs.services.claim import claim
from jobs.services.publish import publish_pending
from jobs.supervision.memory import oom_kills
from storage import scratch
from tests.jobs.faults.processes import gone, supervisor_of
from tests.jobs.testkinds import kinds

STEPS = {"steps": 8, "seconds": 0.2}


def started(bench, job, steps: int = 3) -> int:
    """Wait until the job has taken some steps; return the pid of its child."""
    bench.wait_for(lambda: len(bench.journal(job, "step")) >= steps)
    job.refresh_from_db()
    return bench.journal(job)[-1]["pid"]


def assert_done_once(bench, job):
    # A worker that starts again imports everything first.
    bench.wait(job, seconds=90)
    assert job.status == Status.SUCCEEDED, job.error
    assert bench.results(job) == 1
    steps = [note["step"] for note in bench.journal(job, "step")]
    assert sorted(set(steps)) == list(range(STEPS["steps"]))
    assert len(steps) <= STEPS["steps"] + 1, "at most one step is done again"


def test_killed_child(bench):
    kills = oom_kills()
    job = bench.enqueue(**STEPS)
    os.kill(started(bench, job), signal.SIGKILL)
    assert_done_once(bench, job)
    first = job.attempt_set.order_by("fence").first()
    # The kernel counts for the whole machine, and a test beside this one runs out of memory.
    codes = {"lost"} if oom_kills() == kills else {"lost", "out_of_memory"}
    assert first.outcome == Outcome.FAILED
    assert first.error["code"] in codes
    assert job.attempts == 2


def test_killed_when_its_result_was_stored_and_nobody_knew(bench):
    job = bench.wait(bench.enqueue(dies_at_the_end=True))
    assert (job.status, bench.results(job), job.attempts) == (Status.SUCCEEDED, 1, 1)
    bench.wait_for(lambda: not scratch.checkpoint_dir(job.pk).exists())
    kept = sorted(path.name for path in scratch.attempt_dir(job.pk, job.fence).iterdir())
    assert kept == ["0.txt", "1.txt", "2.txt"]


def test_killed_supervisor(bench):
    job = bench.enqueue(**STEPS)
    child = started(bench, job)
    os.kill(supervisor_of(job), signal.SIGKILL)
    bench.wait_for(lambda: gone(child))
    assert_done_once(bench, job)
    assert job.attempt_set.order_by("fence").first().outcome == Outcome.LOST


def test_killed_worker(bench):
    job = bench.enqueue(**STEPS)
    child = started(bench, job)
    bench.workers.kill("io")
    bench.wait_for(lambda: gone(child))
    bench.workers.start("io")  # as supervisord does
    assert_done_once(bench, job)


def test_claimed_and_never_heard_of_again(bench, settings):
    settings.JOB_LEASE_SECONDS = 1
    job = bench.enqueue(kinds.TRAIN_STEPS)  # no worker serves this queue
    publish_pending(job_id=job.pk)
    claimed = claim(queue="train", worker="a-worker-that-dies-at-once:1")
    assert claimed.pk == job.pk
    bench.wait(job, Status.QUEUED)
    attempt = job.attempt_set.get()
    assert (attempt.outcome, attempt.error["code"]) == (Outcome.LOST, "lost")


def test_paused_past_the_lease(bench):
    job = bench.enqueue(steps=40, seconds=0.2)
    child = started(bench, job)
    supervisor = supervisor_of(job)
    first_fence = job.fence
    for pid in (supervisor, child):
        os.kill(pid, signal.SIGSTOP)
    bench.wait_for(lambda: bench.journal(job)[-1]["fence"] > first_fence)
    noted = len([note for note in bench.journal(job) if note["fence"] == first_fence])
    for pid in (supervisor, child):
        os.kill(pid, signal.SIGCONT)
    bench.wait_for(lambda: gone(child))
    bench.wait(job)
    assert (job.status, bench.results(job)) == (Status.SUCCEEDED, 1)
    assert job.attempt_set.get(fence=first_fence).outcome == Outcome.LOST
    late = [note for note in bench.journal(job) if note["fence"] == first_fence][noted:]
    assert all(note["what"] != "finish" for note in late)


def test_the_same_message_ten_times(bench):
    job = bench.enqueue(**STEPS)
    for _ in range(10):
        current_app.send_task("jobs.run", args=[str(job.pk)], queue="io")
    assert_done_once(bench, job)
    assert job.attempt_set.count() == 1


def test_sigterm_to_a_worker(bench):
    job = bench.enqueue(**STEPS)
    child = started(bench, job)
    assert bench.workers.terminate("io") == 0
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert job.attempts == 0, "the attempt is not counted"
    assert job.attempt_set.get().outcome == Outcome.GIVEN_BACK
    assert gone(child)
    bench.workers.start("io")
    assert_done_once(bench, job)
    assert job.attempts == 1
    assert len(bench.journal(job, "step")) == STEPS["steps"], "nothing is done again"


@pytest.mark.parametrize("mischief", [None, "hang"], ids=["cooperative", "deaf"])
def test_cancel_while_running(bench, mischief):
    from jobs.services.cancel import cancel

    payload = {"misbehave": mischief} if mischief else {}
    job = bench.enqueue(steps=200, seconds=0.1, **payload)
    bench.wait_for(lambda: bench.journal(job, "start"))
    child = bench.journal(job)[-1]["pid"]
    cancel(user=bench.person, job=job)
    bench.wait(job, seconds=15)
    assert job.status == Status.CANCELLED
    assert gone(child)
    assert bench.results(job) == 0
