"""Durable files in any storage of Django's that is no folder, such as S3's.

Where the store does not do what it is asked, its own exceptions become a `StoreError`, and the log
has them whole.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from django.core.files.storage import Storage
from django.db import transaction

from storage import scratch
from storage.atomic import write_atomically
from storage.breaker import Breaker
from storage.copies import Copies, Verified, content_copy_name
from storage.errors import StoreError
from storage.names import checked, content_hash, keeps_its_content, leaves_no_copy
from storage.staged import whole_files
from storage.store import Facts, Stored

logger = logging.getLogger(__name__)
THREADS = 8
REFUSED_SECONDS = 60.0
_BLOCK_BYTES = 1 << 20


@contextmanager
def _store_errors(name: str) -> Iterator[None]:
    """Raise what the store's exceptions amount to; a file that is gone stays that."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        # Only now: botocore is large, and other storages of Django's do without it.
        from storage.s3_errors import store_error

        found = store_error(error)
        if found is None:
            raise
        if isinstance(found, StoreError):
            logger.warning("the store of durable files, asked about %s: %r", name, error)
        raise found from error


class ObjectStore:
    """Files are read by their copies in scratch, and sent when they are whole."""

    def __init__(self, storage: Storage, links: Any = None) -> None:
        """`links` is a storage whose `url` signs, for the address by which clients reach it."""
        self._storage, self._links = storage, links
        self._breaker = Breaker()
        self._verified = Verified()
        self._fetching = [threading.Lock() for _ in range(256)]
        # Until when a damaged file is not fetched again, by the place of its copy.
        self._refused: dict[Path, float] = {}
        self._copies = Copies(scratch.copies_dir(), settings.DURABLE_COPIES_BYTES)
        self._threads = ThreadPoolExecutor(THREADS, "durable")

    def local_content(self, name: str, sha256: str) -> Path:
        """Return the copy of a content; another is fetched in place of a damaged one."""
        kept = content_copy_name(name, sha256)
        path = self._copies.path(kept)
        if not self._is_good(kept, sha256):
            # One fetch serves all who ask for it now.
            with self._fetching[int(sha256[:2], 16)]:
                if not self._is_good(kept, sha256):
                    self._copies.forget(kept)
                    self._fetch(checked(name), path, sha256)
                    self._copies.shrink()
        return path

    def _is_good(self, kept: str, sha256: str) -> bool:
        return self._copies.has(kept) and self._verified.is_so(self._copies.path(kept), sha256)

    def link(self, name: str, seconds: int, parameters: Mapping[str, str]) -> str | None:
        """Return a signed address, where an operator has said at which one clients reach it."""
        if self._links is None:
            return None
        return str(self._links.url(checked(name), dict(parameters), expire=seconds))

    def local(self, names: Sequence[str]) -> list[Path]:
        """Fetch copies of what has none; a file that is gone, or damaged, gets none."""
        lacking = [name for name in dict.fromkeys(names) if not self._copies.has(checked(name))]
        if lacking:
            list(self._threads.map(self._fetch, lacking, map(self._copies.path, lacking)))
            self._copies.shrink()
        return [self._copies.path(name) for name in names]

    @contextmanager
    def borrowed(self, names: Sequence[str]) -> Iterator[list[Path]]:
        """Fetch what leaves no copy into a folder that goes at the end."""
        copied = [name for name in names if not leaves_no_copy(name)]
        paths = dict(zip(copied, self.local(copied), strict=True))
        with scratch.request_dir() as folder:
            lent = {
                name: folder / f"{number}"
                for number, name in enumerate(dict.fromkeys(names))
                if name not in paths
            }
            list(self._threads.map(self._fetch, lent, lent.values()))
            paths |= lent
            yield [paths[name] for name in names]

    def known_folder(self) -> Path:
        """Return an empty folder: everything is staged."""
        return scratch.empty_dir()

    def read(self, name: str) -> bytes:
        """Return the content, of the copy where one stays true; raises `FileNotFoundError`."""
        if keeps_its_content(name) and not leaves_no_copy(name):
            return self.local([name])[0].read_bytes()
        with self._asking(name), self._opened(name) as stream:
            return stream.read()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Ask for each name."""
        asked = [checked(name) for name in names]
        answers = self._threads.map(self._exists, asked)
        return [name for name, there in zip(asked, answers, strict=True) if not there]

    def write(self, name: str, blocks: Iterable[bytes], *, synced: bool) -> str:
        """Put the file together in scratch, then send it."""
        checked(name)
        with scratch.request_dir() as folder:
            path = folder / "file"
            sha256 = write_atomically(path, blocks, durable=False)
            self._send(path, name)
        return sha256

    def take_over(self, path: Path, name: str, sha256: str | None = None) -> None:
        """Send the file; it stays as the copy."""
        self._send(path, checked(name))
        self._copies.take(path, content_copy_name(name, sha256) if sha256 else name)

    def adopt(self, folders: Iterable[Path], sizes: Mapping[str, int]) -> list[str]:
        """Send what is staged, some files at a time; they stay as copies.

        A network is slower than a look: what was staged is sent even if it is kept already.
        """
        staged = {name: Path(path) for path, name in whole_files(folders, sizes)}
        list(self._threads.map(self.take_over, staged.values(), staged))
        self._copies.shrink()
        return self.missing(name for name in sizes if name not in staged)

    def collecting(self, name: str) -> Path:
        """Return a place in scratch."""
        path = scratch.collected_dir() / checked(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def complete(self, name: str) -> None:
        """Send what was put together; when the transaction is through it becomes the copy."""
        path = self.collecting(name)
        if path.is_file():
            self._send(path, name)
            transaction.on_commit(partial(self._copies.take, path, name), robust=True)

    def delete(self, names: Iterable[str]) -> None:
        """Delete files and copies; what cannot be deleted now is named in the log."""
        list(self._threads.map(self._delete, names))

    def delete_folder(self, folder: str) -> None:
        """Delete the files right in a folder, ours have no folders below, as `delete` does."""
        try:
            names = self._listed(folder)
        except StoreError:
            logger.exception("%s is left in the store of durable files", folder)
            return
        self.delete(f"{folder}{name}" for name in names)

    def files_in(self, folder: str) -> Iterator[Stored]:
        """Yield what is put together here, then what is kept."""
        collected = {path.name: path for path in (scratch.collected_dir() / folder).glob("*")}
        for path in collected.values():
            yield Stored(f"{folder}{path.name}", path.stat().st_mtime)
        for name in self._listed(folder):
            if name not in collected:
                # It may be deleted since it was listed.
                with suppress(FileNotFoundError):
                    with self._asking(name):
                        modified = self._storage.get_modified_time(f"{folder}{name}")
                    yield Stored(f"{folder}{name}", modified.timestamp())

    def walk(self, below: str = "") -> Iterator[str]:
        """Yield the names in the bucket, folder by folder."""
        folders = [below]
        while folders:
            folder = folders.pop()
            with self._asking(folder or "the bucket"):
                deeper, names = self._storage.listdir(folder)
            folders += [f"{folder}{each.strip('/')}/" for each in deeper if each.strip("/")]
            yield from (f"{folder}{name}" for name in names if name)

    def facts(self, name: str) -> Facts:
        """Ask for size and time; raises `FileNotFoundError`."""
        with self._asking(name):
            size = self._storage.size(checked(name))
            return Facts(size, self._storage.get_modified_time(name).timestamp())

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the content past the copies; raises `FileNotFoundError`."""
        with self._asking(name), self._opened(name) as stream:
            yield from stream.chunks(_BLOCK_BYTES)

    def shrink_copies(self) -> None:
        """Remove those that are too old or too many."""
        self._copies.shrink()

    def sync(self) -> None:
        """Do nothing: what was sent is kept."""

    @contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        with self._breaker.watching(), _store_errors(name):
            yield

    def _listed(self, folder: str) -> list[str]:
        with self._asking(folder):
            _, names = self._storage.listdir(checked(folder))
        return names

    def _opened(self, name: str) -> File:
        # A large file passes through this folder; a scratch that was lost may have taken it along.
        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
        return self._storage.open(checked(name))

    def _exists(self, name: str) -> bool:
        with self._asking(name):
            return self._storage.exists(name)

    def _fetch(self, name: str, path: Path, wanted: str | None = None) -> None:
        """Make a copy, unless the file is gone or damaged; `wanted` is its hash, where known.

        A damaged one is not fetched again for a minute: a model that is asked for would be, for
        each prediction.
        """
        if self._refused.get(path, 0.0) > time.monotonic():
            return
        try:
            with self._asking(name), self._opened(name) as stream:
                sha256 = write_atomically(path, stream.chunks(_BLOCK_BYTES), durable=False)
        except FileNotFoundError:
            return
        if (wanted or content_hash(name)) not in (None, sha256):
            logger.error("%s in the store of durable files is damaged: it has %s", name, sha256)
            path.unlink(missing_ok=True)
            self._refused[path] = time.monotonic() + REFUSED_SECONDS

    def _send(self, path: Path, name: str) -> None:
        with path.open("rb") as stream, self._asking(name):
            saved = self._storage.save(name, File(stream))
        if saved != name:
            raise ImproperlyConfigured(f"The storage must keep {name} by that name, not {saved}.")
        self._refused.clear()
        self._copies.forget(name)

    def _delete(self, name: str) -> None:
        try:
            self._storage.delete(checked(name))
        except Exception:
            # Each storage has errors of its own. A row that is gone must not come back for a file.
            logger.exception("%s is left in the store of durable files", name)
        self._copies.forget(name)
        (scratch.collected_dir() / name).unlink(missing_ok=True)
