"""Copies of files that lie on another machine stay while they are used, up to a size."""

import os
import time

from storage.copies import KEEP_SECONDS, UNUSED_SECONDS, Copies

HOUR = 3600


def kept(tmp_path, max_bytes: int, **hours_unused: float) -> set[str]:
    """The copies of 10 bytes that are left, by name, of those last used so many hours ago."""
    copies = Copies(tmp_path / str(max_bytes), max_bytes)
    for name, hours in hours_unused.items():
        path = copies.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")
        os.utime(path, (time.time() - hours * HOUR,) * 2)
    copies.shrink()
    return {name for name in hours_unused if copies.path(name).exists()}


def test_what_was_used_least_lately_goes_and_what_was_not_for_a_week(tmp_path):
    week = UNUSED_SECONDS / HOUR
    assert kept(tmp_path, 1000, old=week + 1, lately=week - 1) == {"lately"}
    assert kept(tmp_path, 10, older=3, old=2) == {"old"}
    assert kept(tmp_path, 5, old=2, now=KEEP_SECONDS / HOUR / 2) == {"now"}
