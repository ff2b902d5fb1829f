"""A batch prediction whose worker is killed: no image is lost, none is answered twice."""

import pytest

from classifier.batches import kinds
from jobs.models import Outcome, Status
from tests.jobs.faults.batches import (
    IMAGES,
    colours,
    kill_one_at_work,
    require_each_once,
    served_version,
    start_hurried,
)


@pytest.mark.slow
def test_a_batch_loses_and_doubles_nothing_with_its_worker(bench, trained, tmp_path):
    version = served_version(bench.person, trained, tmp_path / "files")
    dataset = colours(bench.person, IMAGES)
    batch = start_hurried(bench.person, version, dataset)
    killed = kill_one_at_work(bench, batch)
    bench.wait(batch.job, seconds=120)
    assert batch.job.status == Status.SUCCEEDED, batch.job.error
    assert killed.kind == kinds.BATCH.name
    assert killed.attempt_set.get(fence=killed.fence).outcome == Outcome.LOST
    require_each_once(batch, IMAGES)
