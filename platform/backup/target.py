"""The folder that backups are in.

    loupe-backups             marks the folder as one
    lock                      held while a command writes to it
    reading                   held while a command reads a backup, or removes some
    contents/ab/<sha256>      each content once, however many files and backups have it; `.damaged`
                              behind it where verifying found another content
    backups/<time>/           one backup
        rows/<table>.gz       the rows of a table, as COPY writes them
        files.jsonl           a line for each durable file: name, SHA-256, bytes, modified
        manifest.json         written last; without it the backup is a half one

Everything in it is for its owner alone: rows have hashes of passwords and of tokens.
"""

import fcntl
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from backup.errors import Refused
from backup.manifest import FileLine, Manifest, read_manifest
from common.hashing import sha256_file
from storage.atomic import sync_file_system, write_atomically

_MARK = "loupe-backups"
_MANIFEST = "manifest.json"
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
_DAMAGED = ".damaged"
_BLOCK_BYTES = 1 << 20


class Backup:
    """The folder of one backup, whole or half."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    @property
    def is_whole(self) -> bool:
        """Whether it was made to its end."""
        return self._manifest_path.is_file()

    @property
    def files_path(self) -> Path:
        """The list of its durable files."""
        return self.folder / "files.jsonl"

    def rows_path(self, table: str) -> Path:
        """Return where the rows of a table lie."""
        return self.folder / "rows" / f"{table}.gz"

    def manifest(self) -> Manifest:
        """Return what it says of itself; raises `Refused`."""
        return read_manifest(self._manifest_path)

    def files_digest(self) -> str:
        """Return the SHA-256 of the list of its durable files; raises `FileNotFoundError`."""
        return sha256_file(self.files_path)

    def sound_manifest(self) -> Manifest:
        """Return the manifest of one whose list of files is as it was; raises `Refused`."""
        manifest = self.manifest()
        if not self.files_path.is_file():
            raise Refused(f"The list of files of the backup {self.name} is missing.")
        if self.files_digest() != manifest.files_sha256:
            raise Refused(f"The list of files of the backup {self.name} is damaged.")
        return manifest

    def finish(self, manifest: Manifest) -> None:
        """Make it a whole one; what it names must be on disk."""
        write_atomically(self._manifest_path, [manifest.text().encode()])

    def files(self) -> Iterator[FileLine]:
        """Yield its durable files; of a half one those that were copied, but for a cut last line.

        Raises `Refused` where a whole one's list cannot be read.
        """
        if not self.files_path.exists():
            return
        with self.files_path.open() as lines:
            for line in lines:
                try:
                    yield FileLine(*json.loads(line))
                except (ValueError, TypeError) as error:
                    if self.is_whole:
                        raise Refused(f"{self.files_path} is damaged: {error}.") from error
                    return

    def remove(self) -> None:
        """Remove it, the manifest first: what is removed in part is no whole backup."""
        self._manifest_path.unlink(missing_ok=True)
        shutil.rmtree(self.folder)

    @property
    def _manifest_path(self) -> Path:
        return self.folder / _MANIFEST


class Target:
    """A folder of backups that is there."""

    def __init__(self, folder: Path) -> None:
        """Take a folder that has the mark; raises `Refused` for any other."""
        self.folder = folder
        if not (folder / _MARK).is_file():
            raise Refused(f"{folder} is no folder of backups: it has no file {_MARK}.")

    @classmethod
    def made(cls, folder: Path) -> "Target":
        """Return the folder, made where it is missing; raises `Refused` for one of other things."""
        if not (folder / _MARK).is_file():
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if any(folder.iterdir()):
                    raise Refused(
                        f"{folder} holds other things: name an empty folder or a new one."
                    )
                write_atomically(folder / _MARK, [b"Backups of Loupe; docs/backup.md.\n"])
            except OSError as error:
                raise Refused(f"{folder} cannot be written to: {error.strerror}.") from error
        return cls(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one command, whose files are for the owner alone.

        Raises `Refused` while another command holds it.
        """
        with _own_files(), _held(self.folder / "lock", fcntl.LOCK_EX):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep others from removing backups meanwhile; raises `Refused` while one does.

        A folder that this user cannot write to, such as a medium for reading alone, is read as
        it is.
        """
        with ExitStack() as stack:
            with suppress(OSError):
                stack.enter_context(_held(self.folder / "reading", fcntl.LOCK_SH))
            yield

    @contextmanager
    def removing(self) -> Iterator[None]:
        """Hold the folder as `locked` does, while no backup in it is read."""
        with self.locked(), _held(self.folder / "reading", fcntl.LOCK_EX):
            yield

    def backups(self) -> list[Backup]:
        """Return all backups, whole and half ones, oldest first."""
        folders = sorted((self.folder / "backups").glob("*/"))
        return [Backup(path) for path in folders if _NAME.fullmatch(path.name)]

    def whole(self, name: str = "") -> Backup:
        """Return the whole backup of this name, or the newest; raises `Refused`."""
        whole = [each for each in self.backups() if each.is_whole]
        found = [each for each in whole if name in ("", each.name)]
        if not found:
            names = ", ".join(each.name for each in whole) or "none"
            wanted = f"no whole backup {name}" if name else "no whole backup"
            raise Refused(f"{self.folder} has {wanted}. Whole ones: {names}.")
        return found[-1]

    def begin(self, name: str) -> Backup:
        """Make the folder of a new backup."""
        backup = Backup(self.folder / "backups" / name)
        (backup.folder / "rows").mkdir(parents=True, mode=0o700)
        return backup

    def content_path(self, sha256: str) -> Path:
        """Return where a content lies, whether or not it is there."""
        return self.folder / "contents" / sha256[:2] / sha256

    def holds(self, sha256: str) -> bool:
        """Whether a content is there."""
        return os.path.isfile(self.content_path(sha256))  # noqa: PTH113

    def keep(self, blocks: Iterable[bytes]) -> tuple[str, int]:
        """Keep a content; return its SHA-256 and size. It is on disk after `sync`."""
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for block in blocks:
                size += len(block)
                yield block

        incoming = self.folder / "contents" / f"incoming-{uuid.uuid4().hex}"
        sha256 = write_atomically(incoming, counted(), durable=False)
        path = self.content_path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming.replace(path)
        return sha256, size

    def set_aside(self, sha256: str) -> Path | None:
        """Rename a damaged content, so that the next backup copies it again; return its new path.

        None where that cannot be done: a command is at work, or the folder cannot be written to.
        """
        path = self.content_path(sha256)
        aside = path.with_name(f"{sha256}{_DAMAGED}")
        try:
            with self.locked():
                if sha256_file(path) == sha256:
                    return None
                return path.replace(aside)
        except (Refused, OSError):
            return None

    def is_last_of(self, path: Path, needed: set[str]) -> bool:
        """Whether `path` is what is left, though damaged, of a content that is needed."""
        return path.suffix == _DAMAGED and path.stem in needed and not self.holds(path.stem)

    def blocks(self, sha256: str) -> Iterator[bytes]:
        """Yield a content; raises `FileNotFoundError`."""
        with self.content_path(sha256).open("rb") as stream:
            yield from iter(partial(stream.read, _BLOCK_BYTES), b"")

    def contents(self) -> Iterator[Path]:
        """Yield every content, and what killed commands left half."""
        for folder, _, names in os.walk(self.folder / "contents"):
            yield from (Path(folder, name) for name in names)

    def sync(self) -> None:
        """Wait until all that was written is on disk."""
        sync_file_system(self.folder)


@contextmanager
def _own_files() -> Iterator[None]:
    earlier = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(earlier)


@contextmanager
def _held(path: Path, how: int) -> Iterator[None]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"Another command is at work in {path.parent}.") from None
        yield
