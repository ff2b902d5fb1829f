"""Work that no person waits for, in real processes: it yields, hurries, and gives its place up."""

import os
from pathlib import Path

import psutil

from jobs.models import BY_ITSELF, Job, Outcome, Status
from jobs.services.hurry import hurry

LONG = {"steps": 600, "seconds": 0.05}


def session_priority(pid: int) -> int:
    """The priority of the process's session among all sessions."""
    return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])


def yields(pid: int) -> bool:
    """Whether every thread of the process lets others pass."""
    threads = [thread.id for thread in psutil.Process(pid).threads()]
    return all(
        os.sched_getscheduler(thread) == os.SCHED_IDLE
        or os.getpriority(os.PRIO_PROCESS, thread) == 19
        for thread in threads
    )


def started(bench, job: Job) -> int:
    """The pid of the job's child, once it has taken a step."""
    bench.wait_for(lambda: bench.journal(job, "step"))
    return bench.journal(job, "step")[-1]["pid"]


def test_background_work_yields_until_a_person_waits_for_it(bench):
    job = bench.enqueue(priority=BY_ITSELF, threads=3, program=True, **LONG)
    pid = started(bench, job)
    programs = [child.pid for child in psutil.Process(pid).children()]
    assert len(programs) == 1
    assert psutil.Process(pid).num_threads() >= 4
    assert yields(pid)
    assert yields(programs[0]), "what it starts yields too"
    assert session_priority(pid) == 19

    hurry(job=job)
    bench.wait_for(lambda: len(bench.journal(job, "start")) == 2 or not yields(pid))
    pid = started(bench, job)
    bench.wait_for(lambda: session_priority(bench.journal(job, "step")[-1]["pid"]) == 0)
    attempt = job.attempt_set.latest("started_at")
    assert (attempt.number, job.attempt_set.exclude(outcome=Outcome.GIVEN_BACK).count()) == (1, 1)


def test_work_that_a_person_started_does_not_yield(bench):
    job = bench.enqueue(**LONG)
    pid = started(bench, job)
    assert not yields(pid)
    assert session_priority(pid) == 0


def test_a_persons_job_takes_the_place_of_background_work(bench):
    background = [bench.enqueue(priority=BY_ITSELF, **LONG) for _ in range(2)]
    for job in background:
        started(bench, job)
    asked = bench.enqueue(steps=1)
    bench.wait(asked, Status.SUCCEEDED)
    outcomes = {a.outcome for job in background for a in job.attempt_set.all()}
    assert outcomes <= {Outcome.GIVEN_BACK, ""}
    assert Outcome.GIVEN_BACK in outcomes
    for job in background:
        bench.wait_for(lambda job=job: bench.wait(job, Status.RUNNING).attempts == 1)
