"""Files that Loupe keeps: blobs, thumbnails, models, uploads, pictures of runs.

They lie in the storage `durable` of Django's `STORAGES`. Names come from `storage.names`. A file
appears under its name only when it is whole. Every function raises `storage.errors.StoreError`
where they lie on another machine that does not do what it is asked.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.http import content_disposition_header

from storage.folder_store import FolderStore
from storage.names import blob_name, leaves_no_copy
from storage.object_store import ObjectStore
from storage.store import Facts, Store, Stored

ALIAS = "durable"


def local(name: str) -> Path:
    """Return where the file lies on this machine; nothing lies there where it is gone.

    Read it and leave it as it is. A file system's is the file itself; of another machine's a copy
    stays here. Raises `ValueError` for one that may leave no copy: borrow it.
    """
    return local_files([name])[0]


def local_files(names: Sequence[str]) -> list[Path]:
    """Return where the files lie on this machine, in order, as `local` does."""
    refused = next(filter(leaves_no_copy, names), None)
    if refused is not None:
        raise ValueError(f"{refused} may leave no copy on this machine: borrow it")
    return _store().local(names)


def local_content(name: str, sha256: str) -> Path:
    """Return where a file with this hex digest lies on this machine, as `local` does.

    Of another machine's files, those of one content share a copy, which is compared with the hash
    when it comes and once more by each process. A file system's own file is not: its readers are
    to compare it.
    """
    return _store().local_content(name, sha256)


def link(name: str, *, file_name: str, media_type: str) -> str | None:
    """Return a signed address by which anyone may fetch the file for `DURABLE_LINK_SECONDS`.

    It is then called `file_name`. None where Loupe is to hand the file out itself: in a folder, and
    where no operator has said at which address clients reach the bucket. The caller has checked who
    asks, and that the file is there.
    """
    quoted = content_disposition_header(as_attachment=True, filename=file_name)
    parameters = {"ResponseContentDisposition": quoted or "", "ResponseContentType": media_type}
    return _store().link(name, settings.DURABLE_LINK_SECONDS, parameters)


def hands_out_links() -> bool:
    """Whether `link` makes any."""
    return lies_elsewhere() and bool(settings.DURABLE_LINKS_URL)


def lies_elsewhere() -> bool:
    """Whether the files lie on another machine, so that this one's scratch is its alone."""
    return not isinstance(storages[ALIAS], FileSystemStorage)


@contextmanager
def borrowed(names: Sequence[str]) -> Iterator[list[Path]]:
    """Yield where the files lie on this machine, in order, until the end of the block.

    Of a file that people delete for ever no copy is left then, on any machine. Nothing lies there
    where a file is gone. Read them and leave them as they are.
    """
    with _store().borrowed(names) as paths:
        yield paths


def local_blob(sha256: str) -> Path:
    """Return where the image file with this hex digest lies on this machine, as `local` does."""
    return local(blob_name(sha256))


def known_folder() -> Path:
    """Return a folder with the names of files that need not be staged, as they are kept already.

    For a process without network; where the store is no folder, it is an empty one.
    """
    return _store().known_folder()


def read(name: str) -> bytes:
    """Return the content; raises `FileNotFoundError`."""
    return _store().read(name)


def missing(names: Iterable[str]) -> list[str]:
    """Return those of the names under which nothing is kept."""
    return _store().missing(names)


def exists(name: str) -> bool:
    """Whether a file is kept under this name."""
    return not missing([name])


def write(name: str, blocks: Iterable[bytes], *, synced: bool = True) -> str:
    """Write a file, over an earlier one of that name, and return the SHA-256 of its content.

    `synced=False` does not wait for the disk, for files that can be done without.
    Raises `OSError` (for instance `ENOSPC`) and then leaves nothing behind.
    """
    return _store().write(name, blocks, synced=synced)


def take_over(path: Path, name: str, sha256: str | None = None) -> None:
    """Keep a whole file of scratch under this name, over an earlier one; `path` is then gone.

    `sha256` is the file's, for one that is read by `local_content`.
    """
    _store().take_over(path, name, sha256)


def adopt(folders: Iterable[Path], sizes: Mapping[str, int]) -> list[str]:
    """Keep what was staged, and wait until it is on disk; return the names that are not kept then.

    A file lies in its folder as `<kind>/<xx>/<rest of its name>`. One that is not in `sizes`, or
    has another size, stays where it is: a killed process, or a crash of the machine, has cut it
    off. A file over a kept one changes nothing: names are of contents. Raises `OSError`.
    """
    return _store().adopt(folders, sizes)


def collecting(name: str) -> Path:
    """Return where a file that comes in by and by is put together on this machine."""
    return _store().collecting(name)


def complete(name: str) -> None:
    """Keep what was put together and is on disk here; what is kept already stays so."""
    _store().complete(name)


def delete(name: str) -> None:
    """Delete a file, also one that is still put together; absent is fine."""
    _store().delete([name])


def delete_files(names: Iterable[str]) -> None:
    """Delete files as `delete` does."""
    _store().delete(names)


def delete_folder(folder: str) -> None:
    """Delete every file whose name begins with `folder`, which ends in a slash."""
    _store().delete_folder(folder)


def files_in(folder: str) -> Iterator[Stored]:
    """Yield the files right in a folder, also those that are still put together."""
    return _store().files_in(folder)


def walk(below: str = "") -> Iterator[str]:
    """Yield the name of every file that is kept whole, in no order; it may be gone since.

    Only of those below this folder, which ends in a slash; empty: of all.
    """
    return _store().walk(below)


def facts(name: str) -> Facts:
    """Return a file's size and when it was written; raises `FileNotFoundError`."""
    return _store().facts(name)


def blocks(name: str) -> Iterator[bytes]:
    """Yield the content in blocks of 1 MiB, leaving no copy; raises `FileNotFoundError`."""
    return _store().blocks(name)


def sync() -> None:
    """Wait until what was written without `synced` is on disk."""
    _store().sync()


def shrink_copies() -> None:
    """Remove this machine's copies that were not used for a week, or are too many."""
    _store().shrink_copies()


def folder_store() -> Store:
    """Return the store in the data folder, whatever is configured; for moves."""
    return _folder_store(str(settings.MEDIA_ROOT))


def bucket_store(entry: dict[str, Any]) -> Store:
    """Return the store of an entry of `STORAGES`, whatever is configured; for moves."""
    return ObjectStore(storages.create_storage(entry))


def _store() -> Store:
    storage = storages[ALIAS]
    if isinstance(storage, FileSystemStorage):
        return _folder_store(str(storage.location))
    return _object_store(storage, os.getpid())


@cache
def _folder_store(location: str) -> FolderStore:
    return FolderStore(Path(location))


@cache
def _object_store(configured: Storage, process: int) -> ObjectStore:
    """One store for each process: its connections and threads do not outlive a fork."""
    entry = settings.STORAGES[ALIAS]
    by = {"endpoint_url": settings.DURABLE_LINKS_URL}
    reached = {**entry, "OPTIONS": {**entry.get("OPTIONS", {}), **by}}
    links = storages.create_storage(reached) if settings.DURABLE_LINKS_URL else None
    return ObjectStore(storages.create_storage(entry), links)
