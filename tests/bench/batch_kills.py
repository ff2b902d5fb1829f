"""10,000 images while workers are killed ten times at random: none lost, none doubled.

    .venv/bin/python -m pytest tests/bench/batch_kills.py -s [KILLS=10 IMAGES=10000 SEED=0]

Real workers, on the machine's own Postgres and Redis, with short leases. Each kill takes the
supervisor of a job that holds a chunk, the leader's or a helper's, and all that it has started, or
only its child; at a moment between two chunks that chance chooses. Prints what was killed, what
every attempt ended with, and how long it took.
"""

import os
import random
import signal
import time
from contextlib import suppress

import psutil
import pytest

from classifier.models import BatchChunk
from jobs.models import Job, JobAttempt, Status
from tests.conftest import wait_until
from tests.jobs.conftest import bench, disturbed_workers
from tests.jobs.faults.batches import colours, require_each_once, served_version, start_hurried
from tests.jobs.faults.processes import supervisor_of

assert bench
assert disturbed_workers
KILLS = int(os.environ.get("KILLS", "10"))
IMAGES = int(os.environ.get("IMAGES", "10000"))
SEED = int(os.environ.get("SEED", "0"))
pytestmark = pytest.mark.timeout(1800)


def test_ten_kills(bench, trained, tmp_path):
    """Not a test of figures: it prints them, and fails where an image is lost or doubled."""
    chance = random.Random(SEED)
    version = served_version(bench.person, trained, tmp_path / "files")
    dataset = colours(bench.person, IMAGES)
    batch = start_hurried(bench.person, version, dataset)
    chunks = batch.chunks.count()
    began = time.monotonic()
    # At these numbers of finished chunks, so that the kills lie all over the work.
    moments = sorted(chance.sample(range(1, chunks - 2), KILLS))
    for moment in moments:
        print(_kill(bench, batch, moment, chance), flush=True)
    bench.wait(batch.job, seconds=600)
    took = time.monotonic() - began
    attempts = JobAttempt.objects.filter(job__payload__batch=str(batch.pk))
    ends = sorted(f"{each.job.kind} {each.outcome}" for each in attempts.select_related("job"))
    print(
        f"{IMAGES:,} images, {chunks} chunks, {KILLS} kills, seed {SEED}: {took:.0f} s", flush=True
    )
    print(ends, flush=True)
    assert batch.job.status == Status.SUCCEEDED, batch.job.error
    require_each_once(batch, IMAGES)


def _kill(bench, batch, moment: int, chance: random.Random) -> str:
    said = []

    def killed() -> bool:
        done = BatchChunk.objects.filter(source=batch, done=True).count()
        if done < moment:
            return False
        held = BatchChunk.objects.filter(
            source=batch, done=False, holder__status=Status.RUNNING
        ).select_related("holder")
        holders = {chunk.holder for chunk in held if chunk.fence == chunk.holder.fence}
        if not holders:
            return Job.objects.get(batch_prediction=batch).is_terminal
        job = chance.choice(sorted(holders, key=lambda each: str(each.pk)))
        whole = chance.random() < 0.6
        with suppress(psutil.NoSuchProcess, JobAttempt.DoesNotExist):
            supervisor = psutil.Process(supervisor_of(job))
            processes = supervisor.children(recursive=True)
            if whole:
                os.kill(supervisor.pid, signal.SIGKILL)
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            said.append(f"{job.kind} at {done} chunks, {'worker' if whole else 'child'}")
        return bool(said)

    wait_until(killed, 300, bench.workers.all_logs)
    assert said, "the batch ended before all kills were done"
    return said[0]
