"""A search whose worker, supervisor and Redis are killed five times has each trial once."""

import os
import signal
from pathlib import Path

import pytest

from classifier.experiments.services.start_experiment import start_experiment
from classifier.models import TrainingRun
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from tests.classifier.conftest import make_colors
from tests.conftest import database_url_of_tests, nothing_is_at_work, wait_until
from tests.jobs.faults.processes import supervisor_of
from tests.jobs.workers import Workers, environment

ASKED = {"sampler": "tpe", "objective": "accuracy", "pruning": True, "parallel": 1, "seed": 0}
# Trials of about a second: in the search's job, and as runs of their own.
NUMBERS = {
    "preset": "random_forest",
    "config": {"input": "pixels", "side": 16, "trees": 500},
    "space": {"trees": {"low": 400, "high": 500}, "most_leaves": {"low": 10, "high": 900}},
    "trials": 12,
}
NETWORKS = {
    "preset": "cnn_tiny",
    "config": {"epochs": 2, "batch_size": 16, "image_size": 32, "augmentation": "none"},
    "space": {"learning_rate": {"low": 1e-4, "high": 1e-2}, "dropout": {"low": 0, "high": 0.5}},
    "trials": 8,
    "parallel": 2,
}


@pytest.fixture
def workers(bench, own_redis, tmp_path):
    """Workers of every queue, on a Redis that may die."""
    for name in ("io", "beat", "clock"):
        bench.workers.terminate(name)
    data = Path(os.environ["LOUPE_DATA_DIR"])
    found = Workers(
        environment(database_url_of_tests(), own_redis.url, data, LOUPE_JOB_PRELOAD="1"), tmp_path
    )
    names = ("io", "train", "beat", "clock")
    found.start(*names)
    for name in names:
        wait_until(lambda n=name: found.ready(n), 60, found.all_logs)
    yield found
    wait_until(nothing_is_at_work, 120, found.all_logs)
    found.stop()


def job_at_work() -> Job | None:
    """The job that a worker holds: the search, or the run of a trial."""
    return Job.objects.filter(status=Status.RUNNING, lease_until__isnull=False).first()


# Five kills and what they are recovered from take more than a minute.
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("asked", "queue"),
    [
        pytest.param(NUMBERS, "io", id="numbers"),
        pytest.param(NETWORKS, "train", id="networks"),
    ],
)
def test_a_search_that_is_killed_five_times_has_each_trial_once(
    bench, workers, own_redis, asked, queue
):
    version = freeze(user=bench.person, dataset=make_colors(bench.person, per_class=20))
    experiment = start_experiment(
        user=bench.person, kind="search", dataset_version=version, values={**ASKED, **asked}
    )
    # These workers hear of it from their own relay.
    Job.objects.filter(pk=experiment.job_id).update(published_at=None)

    def kill_worker() -> None:
        workers.kill(queue)
        workers.start(queue)

    def kill_supervisor() -> None:
        wait_until(job_at_work, 60, workers.all_logs)
        os.kill(supervisor_of(job_at_work()), signal.SIGKILL)

    def kill_redis() -> None:
        own_redis.kill()
        own_redis.start()

    done = experiment.members.filter(result__isnull=False)
    kills = (kill_worker, kill_supervisor, kill_redis, kill_worker, kill_supervisor)
    for number, kill in enumerate(kills, 1):
        wait_until(lambda least=number: done.count() >= least, 200, workers.all_logs)
        kill()
    job = experiment.job
    bench.wait(job, seconds=400)
    assert job.status == Status.SUCCEEDED, (job.error, workers.all_logs())
    members = list(experiment.members.order_by("number"))
    assert [each.number for each in members] == list(range(asked["trials"]))
    assert all(each.result and not each.result.get("failed") for each in members)
    runs = TrainingRun.objects.filter(member__experiment=experiment)
    experiment.refresh_from_db()
    assert experiment.result["trials"] == asked["trials"]
    if queue == "train":
        assert runs.count() == asked["trials"]
        assert set(runs.values_list("job__status", flat=True)) == {Status.SUCCEEDED}
    else:
        assert not runs.exists()
        again = sum(len(each.spec["begun"]) for each in members) - len(members)
        assert again <= len(kills), "what was under way is done again, and nothing else"
        assert job.attempt_set.count() > 3
