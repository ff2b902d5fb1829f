"""Private folders, and sockets that fit."""

import stat
from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.folders import make_private, socket_folder, write_secret


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_we_make_is_ours_alone(tmp_path: Path) -> None:
    assert _mode(make_private(tmp_path / "new")) == 0o700


def test_a_folder_we_did_not_make_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs").chmod(0o755)

    assert _mode(make_private(tmp_path / "theirs")) == 0o755


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EmbeddedError, match="is in the way"):
        make_private(tmp_path / "file")


def test_a_secret_is_never_readable_by_others(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("old")
    (tmp_path / "secret").chmod(0o644)
    write_secret(tmp_path / "secret", "new")

    assert (tmp_path / "secret").read_text() == "new"
    assert _mode(tmp_path / "secret") == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "secret"]


def test_a_short_path_is_used_as_it_is(folder: Path) -> None:
    assert socket_folder(folder / "run", "redis.sock") == folder / "run"


def test_a_recorded_folder_that_others_may_write_in_is_not_used_again(folder: Path) -> None:
    preferred = folder / ("y" * 120)
    first = socket_folder(preferred, "redis.sock")
    assert socket_folder(preferred, "redis.sock") == first
    first.chmod(0o777)
    second = socket_folder(preferred, "redis.sock")

    assert second != first
    assert preferred.readlink() == second
    first.rmdir()
    second.rmdir()
