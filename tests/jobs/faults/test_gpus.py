"""Slots of a train worker and the GPUs of a machine, with real children; no GPU is needed."""

import os
import signal

import pytest

from jobs.models import Job, Status
from tests.conftest import wait_until
from tests.jobs.testkinds import kinds
from tests.jobs.workers import Workers


@pytest.fixture
def slots(bench, tmp_path):
    """Four slots of a train worker on a machine that is said to have two GPUs."""
    given = {**bench.workers.environment, "LOUPE_GPUS": "0,1"}
    workers = Workers(given, tmp_path, {"train": ["--concurrency", "4"]})
    workers.start("train")
    wait_until(lambda: workers.ready("train"), 60, workers.all_logs)
    yield bench
    workers.stop()


def seen(bench, job: Job) -> dict[str, str | None]:
    """What the job's child sees of GPUs, once it has begun."""
    bench.wait_for(lambda: bench.journal(job, "start"))
    return bench.journal(job, "start")[-1]["gpus"]


def test_no_two_children_share_a_gpu_and_a_death_frees_it(slots):
    long = {"kind": kinds.TRAIN_STEPS, "steps": 600, "seconds": 0.1}
    first = slots.enqueue(**long)
    of_first = seen(slots, first)
    second = slots.enqueue(**long)
    of_second = seen(slots, second)
    devices = {of_first["CUDA_VISIBLE_DEVICES"], of_second["CUDA_VISIBLE_DEVICES"]}
    assert devices == {"0", "1"}
    assert {of_first["TF_FORCE_GPU_ALLOW_GROWTH"], of_first["CUDA_DEVICE_ORDER"]} == {
        "true",
        "PCI_BUS_ID",
    }
    third = slots.enqueue(**long)
    slots.wait(third, Status.RUNNING)
    slots.wait_for(lambda: _message(third) == "Waiting for a GPU")
    light = slots.enqueue(kinds.TRAIN_LIGHT, steps=1)
    assert seen(slots, light)["CUDA_VISIBLE_DEVICES"] == "", "it needs none and waits for none"
    assert not slots.journal(third, "start")
    os.kill(slots.journal(second, "start")[0]["pid"], signal.SIGKILL)
    assert seen(slots, third) == of_second


def test_work_that_needs_no_gpu_sees_none(bench):
    assert seen(bench, bench.enqueue(steps=1))["CUDA_VISIBLE_DEVICES"] == ""


def _message(job: Job) -> str:
    job.refresh_from_db()
    return job.full_progress["message"]
