"""Work that fails gets a name, a sentence on what to do, and never stops the queue."""

import os
import subprocess

import pytest

from jobs.models import Status
from tests.conftest import _test_database_url, wait_until
from tests.jobs.testkinds import kinds
from tests.jobs.workers import Workers, environment


def test_always_out_of_memory(bench):
    job = bench.enqueue(kinds.HUNGRY)
    after = bench.enqueue()
    bench.wait(job)
    assert (job.status, job.error["code"], job.attempts) == (Status.FAILED, "out_of_memory", 3)
    assert "memory" in job.error["hint"]
    assert bench.wait(after).status == Status.SUCCEEDED


@pytest.mark.parametrize(
    ("mischief", "code", "attempts"),
    [("disk_full", "disk_full", 1), ("bug", "internal", 3), ("crash", "internal", 3)],
)
def test_every_failure_has_a_name(bench, mischief, code, attempts):
    job = bench.wait(bench.enqueue(misbehave=mischief))
    assert (job.status, job.error["code"], job.attempts) == (Status.FAILED, code, attempts)
    assert all(job.error[field] for field in ("title", "detail", "hint"))
    if mischief == "bug":
        assert "RuntimeError: a bug" in job.attempt_set.last().log_tail
        assert "RuntimeError" not in job.error["detail"]


def test_bad_data_is_not_tried_again(bench, tmp_path):
    upload = tmp_path / "upload"
    upload.touch()
    job = bench.wait(bench.enqueue(fail="bad_data", upload=str(upload)))
    assert (job.error["code"], job.attempts) == ("bad_data", 1)
    bench.wait_for(lambda: not upload.exists())


@pytest.fixture
def small_disk(tmp_path):
    """A data folder of 8 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_disk_full(bench, small_disk, tmp_path):
    bench.workers.terminate("io")
    workers = Workers(
        environment(_test_database_url(), os.environ["REDIS_URL"], small_disk), tmp_path
    )
    workers.start("io")
    try:
        wait_until(lambda: workers.ready("io"), 60, workers.all_logs)
        job = bench.wait(bench.enqueue(misbehave="fill_disk"))
        assert (job.status, job.error["code"]) == (Status.FAILED, "disk_full")
        bench.wait_for(lambda: not list(small_disk.glob(f"media/jobs/{job.pk}/[0-9]*")))
        assert bench.wait(bench.enqueue()).status == Status.SUCCEEDED, "there is room again"
    finally:
        workers.stop()
