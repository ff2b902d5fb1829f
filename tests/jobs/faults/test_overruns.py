"""Work that stands still or takes too long is stopped, and says which of the two it was."""

from jobs.models import Outcome, Status
from tests.jobs.faults.processes import gone
from tests.jobs.testkinds import kinds


def test_stalled_work_is_stopped_and_tried_again(bench):
    job = bench.enqueue(kinds.IMPATIENT, misbehave="hang")
    after = bench.enqueue()
    bench.wait(job)
    assert (job.status, job.error["code"], job.attempts) == (Status.FAILED, "stalled", 3)
    assert "2 s" in job.error["detail"]
    assert job.error["hint"]
    ends = list(job.attempt_set.values_list("outcome", "error__code"))
    assert ends == [(Outcome.FAILED, "stalled")] * 3
    children = {note["pid"] for note in bench.journal(job, "start")}
    assert len(children) == 3
    assert all(gone(pid) for pid in children)
    assert bench.wait(after).status == Status.SUCCEEDED


def test_slow_work_that_moves_is_not_stalled(bench):
    job = bench.wait(bench.enqueue(kinds.IMPATIENT, steps=20, seconds=0.2))
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 1), job.error


def test_work_that_takes_too_long_is_stopped_for_good(bench):
    job = bench.enqueue(kinds.HURRIED, steps=1000, seconds=0.05)
    bench.wait(job)
    assert (job.status, job.error["code"], job.attempts) == (Status.FAILED, "timed_out", 1)
    assert "2 s" in job.error["detail"]
    assert job.error["hint"]
    assert bench.results(job) == 0
    steps = len(bench.journal(job, "step"))
    assert 0 < steps < 1000, "it moved all the time"
    assert gone(bench.journal(job)[-1]["pid"])
