"""A killed embedding goes on with what is missing; nothing is computed twice."""

import os
import signal

import pytest

from datasets.models import Vector
from datasets.services.vectors.embedding import start_embedding
from jobs.models import Status
from tests import factories
from tests.conftest import nothing_is_at_work, wait_until

IMAGES = 700


@pytest.mark.timeout(600)
def test_a_killed_embedding_computes_only_what_is_missing(bench):
    dataset = factories.make_dataset(user=bench.person)
    factories.make_images(dataset, "cat", IMAGES)
    job = start_embedding(user=bench.person, dataset=dataset)
    rows = Vector.objects.filter(organization=dataset.organization)
    bench.wait_for(rows.exists, 240)
    supervisor = job.attempt_set.get().worker.rpartition(":")[2]
    os.kill(int(supervisor), signal.SIGKILL)
    kept = dict(rows.values_list("sha256", "created_at"))
    assert 0 < len(kept) < IMAGES
    bench.wait(job, seconds=240)
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 2), job.error
    assert rows.count() == IMAGES
    # What the first attempt had stored stands as it was; only its last batch came after the look.
    assert kept.items() <= dict(rows.values_list("sha256", "created_at")).items()
    assert 0 < job.result["computed"] <= IMAGES - len(kept)
    wait_until(nothing_is_at_work, 120, bench.workers.all_logs)
