"""A disk that is full at each place where a training writes: named, nothing half-written left."""

import errno
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.errors import DiskFull
from classifier.engine.fit.classic.matrices import new_matrix
from classifier.engine.fit.training import named_failures
from classifier.engine.formats.compose import write_composed
from classifier.engine.formats.facts import ModelFacts
from tests.classifier.small_backbone import SIZE, WIDTH, write_backbone

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")


@pytest.fixture
def small_disk(tmp_path: Path):
    """A folder that holds 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this container may not mount a tmpfs")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_model_that_does_not_fit_is_written_once_there_is_room(make_training, small_disk) -> None:
    training = make_training(output_dir=str(small_disk / "model"))
    error = training.run()["error"]
    assert error["code"] == "disk_full"
    assert list((small_disk / "model").iterdir()) == []
    epochs = len(training.events("epoch"))
    training.job["output_dir"] = str(training.folder / "model")
    outcome = training.run()
    assert {"model.keras", "model.onnx"} <= set(outcome["files"])
    assert len(training.events("epoch")) == epochs, "the checkpoint has them all"


def test_a_head_that_does_not_fit_leaves_no_file(small_disk, tmp_path) -> None:
    write_backbone(tmp_path / "backbone.onnx")
    classes = 4_000
    facts = ModelFacts(
        class_names=tuple(f"class {number}" for number in range(classes)),
        image_size=SIZE,
        fit="stretch",
        preset="test",
    )
    kernel = np.ones((WIDTH, classes), np.float32)
    with pytest.raises(DiskFull), named_failures():
        write_composed(
            tmp_path / "backbone.onnx", kernel, kernel[0], facts, small_disk / "model.onnx"
        )
    assert list(small_disk.iterdir()) == []


def test_numbers_that_do_not_fit_end_no_process(small_disk) -> None:
    """A memory-mapped file grows when it is written to: without room that is a SIGBUS."""
    with pytest.raises(OSError, match="No space") as caught:
        new_matrix(small_disk / "train.npy", (1_000, 100))
    assert caught.value.errno == errno.ENOSPC
    assert new_matrix(small_disk / "small.npy", (10, 10)).shape == (10, 10)


def test_a_quota_of_the_disk_is_one_too() -> None:
    with pytest.raises(DiskFull), named_failures():
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
