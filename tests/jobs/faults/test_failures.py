"""Work that fails gets a name, a sentence on what to do, and never stops the queue."""

import os
import subprocess
from pathlib import Path

import pytest

from jobs.models import Status
from jobs.supervision.memory import oom_kills
from tests.conftest import database_url_of_tests, wait_until
from tests.jobs.testkinds import kinds
from tests.jobs.workers import Workers, environment


def test_always_out_of_memory(bench):
    job = bench.enqueue(kinds.HUNGRY)
    after = bench.enqueue()
    bench.wait(job)
    assert (job.status, job.error["code"], job.attempts) == (Status.FAILED, "out_of_memory", 3)
    assert "memory" in job.error["hint"]
    assert bench.wait(after).status == Status.SUCCEEDED


# Where the kernel lets a group's memory be limited: version 2 of control groups, and version 1.
LIMITS = {
    Path("/sys/fs/cgroup"): "memory.max",
    Path("/sys/fs/cgroup/memory"): "memory.limit_in_bytes",
}


@pytest.fixture
def small_group():
    """A control group of 96 MB."""
    for root, limit in LIMITS.items():
        group = root / f"loupe-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / limit).exists():
                (group / limit).write_text(str(96 << 20))
                yield group
                return
        finally:
            group.rmdir()
    pytest.skip("no memory limit of a control group can be set here: that takes root's rights")


def test_killed_by_the_kernel_for_want_of_memory(bench, small_group):
    kills = oom_kills()
    job = bench.enqueue(misbehave="outgrow_group", group=str(small_group))
    after = bench.enqueue()
    bench.wait(job)
    assert (job.status, job.error["code"], job.attempts) == (Status.FAILED, "out_of_memory", 3)
    assert "ended the work" in job.error["detail"], "it was no MemoryError of Python's"
    assert oom_kills() == kills + 3
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
        attempt = job.attempt_set.last()
        assert "RuntimeError: a bug" in attempt.log_tail
        assert "Said to operators." in attempt.log_tail
        assert attempt.public_log == "Said to members.\nAnd more."
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
        environment(database_url_of_tests(), os.environ["REDIS_URL"], small_disk), tmp_path
    )
    workers.start("io")
    try:
        wait_until(lambda: workers.ready("io"), 60, workers.all_logs)
        job = bench.wait(bench.enqueue(misbehave="fill_disk"))
        assert (job.status, job.error["code"]) == (Status.FAILED, "disk_full")
        bench.wait_for(lambda: not list(small_disk.glob(f"scratch/jobs/{job.pk}/[0-9]*")))
        assert bench.wait(bench.enqueue()).status == Status.SUCCEEDED, "there is room again"
    finally:
        workers.stop()
