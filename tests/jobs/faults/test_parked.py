"""A job that waits for others: no worker holds it, and no kill makes it count twice."""

import pytest

from jobs.models import Job, Outcome, Status
from jobs.services.cancel import cancel
from jobs.services.park import tell_parked, wake
from jobs.services.publish import ring
from jobs.services.reap import reap
from tests.jobs.testkinds import kinds


def parked(bench, job) -> Job:
    bench.wait_for(lambda: Job.objects.get(pk=job.pk).is_parked)
    return Job.objects.get(pk=job.pk)


@pytest.mark.parametrize("dies", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_parked_job_holds_no_worker_and_goes_on_once_woken(bench, tmp_path, dies):
    go = tmp_path / "go"
    # More of them than the worker has places.
    jobs = [bench.enqueue(kinds.PATIENT, go=str(go), dies=dies) for _ in range(5)]
    jobs = [parked(bench, job) for job in jobs]
    job = jobs[0]
    assert (job.attempts, job.progress["message"]) == (0, "Waiting for others")
    other = bench.wait(bench.enqueue())
    assert other.status == Status.SUCCEEDED
    # Neither a message too many nor the reaper nor a killed worker moves it.
    ring([job.pk])
    assert job.pk not in reap()
    if dies:
        bench.workers.kill("io")
        bench.workers.start("io")
    assert parked(bench, job).fence == job.fence
    assert tell_parked(job_id=job.pk, progress={**job.full_progress, "done": 1})
    go.touch()
    assert [wake(job_id=each.pk) for each in jobs] == [True] * 5
    assert not wake(job_id=job.pk), "it is in its queue by now, or further"
    for each in jobs:
        bench.wait(each, seconds=90)
        assert (each.status, each.attempts, bench.results(each)) == (Status.SUCCEEDED, 1, 1)
        outcomes = each.attempt_set.order_by("fence").values_list("outcome", flat=True)
        assert list(outcomes) == [Outcome.PARKED, Outcome.SUCCEEDED]


def test_a_parked_job_is_cancelled_at_once(bench, tmp_path):
    job = parked(bench, bench.enqueue(kinds.PATIENT, go=str(tmp_path / "never")))
    assert cancel(user=bench.person, job=job).status == Status.CANCELLED
    assert not wake(job_id=job.pk)
