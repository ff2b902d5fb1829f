"""Durable files in a folder: of this machine, or one that machines share."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from storage.atomic import move, sync_file_system, write_atomically
from storage.names import checked
from storage.staged import whole_files
from storage.store import Facts, Stored

_BLOCK_BYTES = 1 << 20


class FolderStore:
    """Names are paths below the folder; nothing is copied where a rename will do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def local(self, names: Sequence[str]) -> list[Path]:
        """Return the files themselves."""
        return [self._path(name) for name in names]

    def local_content(self, name: str, sha256: str) -> Path:
        """Return the file itself; readers compare the hash."""
        return self._path(name)

    def link(self, name: str, seconds: int, parameters: Mapping[str, str]) -> str | None:
        """Return None: Loupe hands the files out."""
        return None

    @contextmanager
    def borrowed(self, names: Sequence[str]) -> Iterator[list[Path]]:
        """Yield the files themselves."""
        yield self.local(names)

    def known_folder(self) -> Path:
        """Return the folder of the store."""
        return self._folder

    def read(self, name: str) -> bytes:
        """Return the content; raises `FileNotFoundError`."""
        return self._path(name).read_bytes()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return the names that are no files. Of 120,000, `Path` would cost seconds."""
        return [name for name in names if not os.path.isfile(f"{self._folder}/{name}")]  # noqa: PTH113

    def write(self, name: str, blocks: Iterable[bytes], *, synced: bool) -> str:
        """Write a file whole; return the SHA-256 of its content."""
        return write_atomically(self._path(name), blocks, durable=synced)

    def take_over(self, path: Path, name: str, sha256: str | None = None) -> None:
        """Move a file in."""
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        move(str(path), str(target), synced=True)

    def adopt(self, folders: Iterable[Path], sizes: Mapping[str, int]) -> list[str]:
        """Move staged files in; one sync serves for all: a sync a file would take minutes."""
        made = set()
        for path, name in whole_files(folders, sizes):
            parent = name.rpartition("/")[0]
            if parent not in made:
                self._path(parent).mkdir(parents=True, exist_ok=True)
                made.add(parent)
            move(path, f"{self._folder}/{name}", synced=False)
        self.sync()
        return self.missing(sizes)

    def collecting(self, name: str) -> Path:
        """Return the place where it stays: parts are on disk as soon as they are written."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def complete(self, name: str) -> None:
        """Do nothing: it was put together where it stays."""

    def delete(self, names: Iterable[str]) -> None:
        """Remove files; absent is fine."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        """Remove a folder and what it holds."""
        path = self._path(folder)
        if path != self._folder:
            shutil.rmtree(path, ignore_errors=True)

    def files_in(self, folder: str) -> Iterator[Stored]:
        """Yield the files right in a folder, also those that are being written."""
        for path in self._path(folder).glob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    yield Stored(f"{folder}{path.name}", path.stat().st_mtime)

    def walk(self, below: str = "") -> Iterator[str]:
        """Yield the names below the folder; what is being written has a dot before its name."""
        for folder, _, names in os.walk(self._path(below)):
            within = os.path.relpath(folder, self._folder)
            for name in names:
                if not name.startswith("."):
                    yield name if within == "." else f"{within}/{name}"

    def facts(self, name: str) -> Facts:
        """Return what the file system says; raises `FileNotFoundError`."""
        status = self._path(name).stat()
        return Facts(status.st_size, status.st_mtime)

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the content; raises `FileNotFoundError`."""
        with self._path(name).open("rb") as stream:
            yield from iter(partial(stream.read, _BLOCK_BYTES), b"")

    def shrink_copies(self) -> None:
        """Do nothing: there are none."""

    def sync(self) -> None:
        """Sync the file system."""
        self._folder.mkdir(parents=True, exist_ok=True)
        sync_file_system(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / checked(name)
