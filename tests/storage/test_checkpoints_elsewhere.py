"""A training goes on from its newest checkpoint on a machine that shares nothing but a bucket."""

import os
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import numpy as np
import pytest

from classifier.engine.fit.checkpoints import Checkpoints
from classifier.training.work import checkpoints_elsewhere
from classifier.training.work.checkpoints_elsewhere import kept_for_other_machines
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.errors import FenceLost, JobInterrupted
from jobs.services import end_attempt
from jobs.services.claim import claim
from jobs.supervision.sweep import sweep_checkpoints
from storage import durable, scratch
from storage.names import CHECKPOINTS, checkpoint_folder, checkpoint_name
from tests import factories
from tests.conftest import wait_until
from tests.jobs.conftest import queued

LINEAGE = "3f0c6c0e-5a3f-4f0e-9a39-1e6f1d3a0001"


def attempt(fence):
    """What these functions ask of an attempt that has its job."""
    job = SimpleNamespace(lineage=LINEAGE, fence=fence, retry_of_id=None)
    return SimpleNamespace(job=job, is_owner=lambda: True)


def save(folder, epoch):
    arrays = {"weights": np.full(4, epoch, np.float32)}
    Checkpoints(folder, {"preset": "cnn_tiny"}).save(epoch, {"epoch": epoch}, arrays)


def latest(folder):
    found = Checkpoints(folder, {"preset": "cnn_tiny"}).latest()
    return found and found[0]["epoch"]


@pytest.fixture
def on(settings, tmp_path):
    """Give a function after which this process is on the machine of that name."""

    def move(name):
        settings.SCRATCH_DIR = tmp_path / name
        durable._object_store.cache_clear()
        return scratch.checkpoint_dir(LINEAGE)

    return move


@contextmanager
def kept_until_it_is_stopped(folder, fence):
    """An attempt that a shutdown of its worker ends."""
    with suppress(JobInterrupted), kept_for_other_machines(attempt(fence), folder):
        yield
        raise JobInterrupted


@pytest.mark.parametrize("part", ["", "computed"])
def test_another_machine_goes_on_where_one_was(s3_store, on, part, monkeypatch):
    monkeypatch.setattr(checkpoints_elsewhere, "_LOOK_SECONDS", 0.05)
    folder = on("a") / part
    with kept_until_it_is_stopped(folder, 1):
        save(folder, 3)
        wait_until(lambda: list(durable.files_in(checkpoint_folder(LINEAGE))), 10)
        # Within ten seconds only the end of the attempt sends it.
        save(folder, 4)
        time.sleep(0.3)
    folder = on("b") / part
    with kept_until_it_is_stopped(folder, 2):
        assert latest(folder) == 4
        save(folder, 5)
    # The machine that was left behind has an older one of its own.
    folder = on("a") / part
    with kept_for_other_machines(attempt(3), folder):
        assert latest(folder) == 5
    assert not any(folder.glob(".part-*"))
    durable.delete_folder(checkpoint_folder(LINEAGE))
    folder = on("c") / part
    with kept_for_other_machines(attempt(4), folder):
        assert latest(folder) is None


def test_a_store_that_is_away_costs_only_the_way_back(
    s3_store, on, settings, caplog
):  # fmt: skip
    folder = on("a")
    options = settings.STORAGES["durable"]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}
    entry = settings.STORAGES["durable"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"durable": entry}
    with kept_until_it_is_stopped(folder, 1):
        save(folder, 1)
    assert "epoch-00001 stays on this machine" in caplog.text


def test_where_files_lie_in_a_folder_nothing_is_sent(folder_store, on):
    folder = on("a")
    with kept_for_other_machines(attempt(1), folder):
        save(folder, 1)
    assert list(durable.files_in(checkpoint_folder(LINEAGE))) == []


def test_a_checkpoint_that_cannot_be_read_costs_only_the_way_back(s3_store, on, caplog):
    durable.write(checkpoint_name(LINEAGE, "whole"), [b"no archive"])
    folder = on("b")
    save(folder, 1)
    with kept_for_other_machines(attempt(2), folder):
        assert latest(folder) == 1
    assert "cannot be read" in caplog.text


def test_an_attempt_that_has_lost_its_job_sends_nothing(s3_store, transactional_db, monkeypatch):
    monkeypatch.setattr(checkpoints_elsewhere, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(checkpoints_elsewhere, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints_elsewhere, "_SHARE", 0)
    [job] = queued(factories.make_user())
    claimed = claim(queue=job.queue, worker="machine a")
    folder = scratch.checkpoint_dir(claimed.lineage)
    read_fd, write_fd = os.pipe()
    context = JobContext(claimed, Reporter(claimed.pk, claimed.fence, write_fd))
    name = checkpoint_name(claimed.lineage, "whole")
    try:
        with suppress(FenceLost), kept_for_other_machines(context, folder):
            save(folder, 1)
            wait_until(lambda: durable.exists(name), 10)
            sent = b"".join(durable.blocks(name))
            # Its network was cut, and another has the job.
            end_attempt.give_back(job_id=claimed.pk, fence=claimed.fence)
            assert claim(queue=job.queue, worker="machine b") == claimed
            save(folder, 2)
            time.sleep(0.5)
            raise FenceLost
    finally:
        os.close(read_fd)
        os.close(write_fd)
    assert b"".join(durable.blocks(name)) == sent


def test_the_clock_deletes_what_no_job_will_resume(s3_store, db):
    [job] = queued(factories.make_user())
    kept, late = (checkpoint_name(lineage, "whole") for lineage in (job.lineage, LINEAGE))
    for name in (kept, late):
        durable.write(name, [b"a checkpoint"])
    sweep_checkpoints.__wrapped__()
    assert list(durable.walk(CHECKPOINTS)) == [kept]
