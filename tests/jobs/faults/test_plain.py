"""Nothing goes wrong: the path that every fault is measured against."""

from jobs.models import Outcome, Status


def test_a_job_runs_once_and_stores_one_result(bench):
    job = bench.wait(bench.enqueue())
    assert job.status == Status.SUCCEEDED, job.error
    assert job.result == {"type": "test_result", "id": str(job.pk), "steps": 3}
    assert bench.results(job) == 1
    assert [note["step"] for note in bench.journal(job, "step")] == [0, 1, 2]
    attempt = job.attempt_set.get()
    assert (attempt.number, attempt.outcome) == (1, Outcome.SUCCEEDED)
    assert job.progress["done"] == 3
