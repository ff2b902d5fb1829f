"""Folders of one machine: removed when they have served, and nothing else with them."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from storage import scratch
from storage.atomic import link_or_copy, move, write_atomically


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SCRATCH_DIR = tmp_path / "scratch"
    return settings.SCRATCH_DIR


def test_a_request_has_a_folder_until_it_ends(folder):
    with scratch.request_dir() as mine:
        (mine / "file").write_bytes(b"x")
        assert mine.parent.parent == folder
        assert list(scratch.left_behind(60)) == []
        os.utime(mine, (time.time() - 100,) * 2)
        assert list(scratch.left_behind(60)) == [mine]
    assert list((folder / "requests").iterdir()) == []


def test_only_what_lies_in_scratch_is_removed(folder, tmp_path):
    inside, outside = scratch.checkpoint_dir("job"), tmp_path / "media"
    for path in (inside, outside):
        path.mkdir(parents=True)
    scratch.remove_tree(inside)
    scratch.remove_tree(inside)
    assert not inside.exists()
    for path in (outside, folder, folder / ".." / "media"):
        with pytest.raises(ValueError, match="outside the scratch folder"):
            scratch.remove_tree(path)
    assert outside.is_dir()


@pytest.fixture
def other_disk(tmp_path):
    """A folder from which nothing can be renamed to the temporary folder of the tests."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        path = Path(name)
        if path.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("this machine has one file system only")
        yield path


def test_scratch_may_lie_on_another_disk(other_disk, tmp_path):
    source, target = other_disk / "source", tmp_path / "target"
    source.write_bytes(b"content")
    link_or_copy(source, tmp_path / "second")
    move(str(source), str(target), synced=True)
    assert target.read_bytes() == (tmp_path / "second").read_bytes() == b"content"
    assert not source.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["second", "target"]


def test_on_one_disk_a_second_name_serves(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    write_atomically(source, [b"content"])
    link_or_copy(source, target)
    assert source.stat().st_ino == target.stat().st_ino
