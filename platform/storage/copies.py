"""Copies of durable files that lie on another machine, up to a size."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import NamedTuple

from common.hashing import sha256_file

# What was used so lately may be read just now.
KEEP_SECONDS = 3600
# What was not used for so long goes, whatever room there is: the file may be deleted.
UNUSED_SECONDS = 7 * 24 * 3600
LOOK_SECONDS = 60
_LOOKED_AT = ".looked-at"


class _Copy(NamedTuple):
    used: float
    bytes: int
    path: Path


def content_copy_name(name: str, sha256: str) -> str:
    """Return the name of the copy of a content; files of the same content and kind share it.

    It ends as the file's name does: Keras opens no other file than one called `.keras`.
    """
    return f"by-hash/{sha256[:2]}/{sha256}{PurePath(name).suffix}"


class Verified:
    """Which copies this process has found to be what their hash says.

    A copy is never written to, only replaced: each file is read once.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[int, int, int]] = {}

    def is_so(self, path: Path, sha256: str) -> bool:
        """Whether the file has this hash; it is read once for as long as it stays as it is."""
        try:
            facts = path.stat()
            seen = (facts.st_dev, facts.st_ino, facts.st_size)
            if self._seen.get(path) != seen:
                if sha256_file(path) != sha256:
                    return False
                self._seen[path] = seen
        except FileNotFoundError:
            return False
        return True


class Copies:
    """A folder in which a copy has the name of its file; processes share it."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def path(self, name: str) -> Path:
        """Return where the copy of this name lies, whether or not it is there."""
        return self._folder / name

    def has(self, name: str) -> bool:
        """Whether a copy is there; it then counts as used now."""
        try:
            os.utime(self.path(name))
        except FileNotFoundError:
            return False
        return True

    def take(self, path: Path, name: str) -> None:
        """Make a file of this disk the copy; `path` is then gone."""
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        os.utime(target)

    def forget(self, name: str) -> None:
        """Remove a copy; absent is fine."""
        self.path(name).unlink(missing_ok=True)

    def shrink(self) -> None:
        """Remove what was not used for a week, then what was not for longest, if there is too much.

        Looks once a minute. What was used within the hour stays, so there may be more for so long.
        """
        now = time.time()
        mark = self._folder / _LOOKED_AT
        with suppress(FileNotFoundError):
            if now - mark.stat().st_mtime < LOOK_SECONDS:
                return
        self._folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
        copies = sorted(self._all())
        size = sum(copy.bytes for copy in copies)
        for copy in copies:
            unused = now - copy.used
            if unused < KEEP_SECONDS or (size <= self._max_bytes and unused < UNUSED_SECONDS):
                return
            copy.path.unlink(missing_ok=True)
            size -= copy.bytes

    def _all(self) -> Iterator[_Copy]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with suppress(FileNotFoundError):
                    facts = path.stat()
                    yield _Copy(facts.st_mtime, facts.st_size, path)
