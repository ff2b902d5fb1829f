"""Checkpoints: whole or not there at all."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.fit.checkpoints import Checkpoints

IDENTITY = {"preset": "cnn_tiny", "seed": 0}


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", IDENTITY)


def save(checkpoints: Checkpoints, epoch: int) -> None:
    checkpoints.save(epoch, {"epoch": epoch}, {"weights-0": np.full(3, epoch, np.float32)})


def test_the_newest_comes_back_and_two_are_kept(checkpoints, tmp_path) -> None:
    assert checkpoints.latest() is None
    for epoch in (1, 2, 3):
        save(checkpoints, epoch)
    state, arrays = checkpoints.latest()
    assert state == {"epoch": 3}
    assert arrays["weights-0"].tolist() == [3, 3, 3]
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["epoch-00002", "epoch-00003"]


@pytest.mark.parametrize("name", ["arrays.npz", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    checkpoints, tmp_path, name, damage
) -> None:
    for epoch in (1, 2):
        save(checkpoints, epoch)
    path = tmp_path / "checkpoints" / "epoch-00002" / name
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        # The manifest's first byte is its opening brace; any byte of the arrays will do.
        content[0 if name == "manifest.json" else len(content) // 2] ^= 1
        path.write_bytes(content)
    state, _ = checkpoints.latest()
    assert state == {"epoch": 1}


def test_another_training_does_not_resume_from_it(checkpoints, tmp_path) -> None:
    save(checkpoints, 1)
    other = Checkpoints(tmp_path / "checkpoints", {**IDENTITY, "seed": 1})
    assert other.latest() is None
    assert Checkpoints(tmp_path / "checkpoints", dict(IDENTITY)).latest() is not None
    save(checkpoints, 2)
    save(other, 1)
    assert checkpoints.latest() is None
    assert other.latest() is not None


def test_what_a_killed_writer_left_is_not_seen(checkpoints, tmp_path) -> None:
    save(checkpoints, 1)
    part = tmp_path / "checkpoints" / ".part-12345"
    part.mkdir()
    (part / "arrays.npz").write_bytes(b"half")
    state, _ = checkpoints.latest()
    assert state == {"epoch": 1}
    save(checkpoints, 2)
    assert not part.exists()


def test_the_manifest_can_be_read_by_people(checkpoints, tmp_path) -> None:
    save(checkpoints, 1)
    manifest = json.loads((tmp_path / "checkpoints/epoch-00001/manifest.json").read_text())
    assert manifest["epoch"] == 1
    assert len(manifest["arrays_sha256"]) == 64
