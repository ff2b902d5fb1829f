"""Uploads that can be resumed (tus 1.0.0), and folders packed for them.

A cut connection costs what was on its way; a program that was ended goes on where the server
stands when it uploads the same file again.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx

from loupe.api import Api
from loupe.errors import (
    CannotConnect,
    Conflict,
    LoupeError,
    NotFound,
    Refused,
    TooManyRequests,
    Unavailable,
    UnusableInput,
)
from loupe.files import UnfinishedUploads, cache_folder
from loupe.folders import files_below, require_utf8
from loupe.progress import Progress, megabytes

Told = Callable[[int, int], None]
"""Called with the bytes that have arrived and all bytes."""

PART_BYTES = 4 << 20
_TUS = {"Tus-Resumable": "1.0.0"}
_PART = "application/offset+octet-stream"
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 20.0
_KEPT_SECONDS = 2 * 24 * 3600


def upload(api: Api, path: Path, told: Told | None = None) -> str:
    """Upload a file and return the upload's id, which an import or a batch takes.

    Goes on with an earlier upload of the same file (its path, size and time of change). Gives up
    when no byte has arrived for `api.patience` seconds. Raises `Refused`, `CannotConnect`,
    `UnusableInput`.
    """
    require_utf8(path.name)
    facts = _facts(path)
    if not facts.st_size:
        raise UnusableInput(f"{path} is empty.")
    key = f"{api.url} {path.resolve()} {facts.st_size} {facts.st_mtime_ns}"
    kept = UnfinishedUploads()
    upload_id, offset = _begun(api, kept, key)
    if upload_id is None:
        upload_id, offset = _begin(api, path.name, facts.st_size), 0
        kept.keep(key, upload_id)
    with path.open("rb") as file:
        _send(api, upload_id, file, offset, facts.st_size, told or _silently)
    kept.forget(key)
    return upload_id


@contextmanager
def uploaded(api: Api, source: str | Path, *, progress: bool) -> Iterator[str]:
    """Upload a zip, or a folder as one, and yield the upload's id to the block that uses it."""
    place = Path(source)
    with packed(place, most_bytes(api) if place.is_dir() else None) as archive:
        with Progress(f"Upload {archive.name}", shown=progress) as bar:
            upload_id = upload(
                api, archive, lambda done, total: bar.show(done, total, megabytes(done, total))
            )
        yield upload_id


@contextmanager
def packed(source: Path, most_bytes: int | None = None) -> Iterator[Path]:
    """Yield a zip of a folder's files, or `source` itself where it is a file.

    Names are those below the folder; links are followed, and what is hidden (a name that begins
    with a dot) stays out.
    The zip lies in the cache until the block ends well, so that an upload that was
    broken off need not begin again. Raises `UnusableInput`.
    """
    if source.is_file():
        yield source
        return
    files = _files_below(source)
    size = sum(facts.st_size for _, facts in files)
    if most_bytes is not None and size > most_bytes:
        raise UnusableInput(
            f"{source} holds {size:,} bytes; this Loupe takes {most_bytes:,} in one archive. "
            "Send it in parts, folder by folder."
        )
    archive = _archive_of(source, files)
    if not archive.is_file():
        _pack(source, files, archive)
    yield archive
    shutil.rmtree(archive.parent, ignore_errors=True)


def most_bytes(api: Api) -> int | None:
    """Return how large an upload may be on this server, None where it does not say."""
    said = api.call("OPTIONS", "uploads/", headers=_TUS).headers.get("Tus-Max-Size", "")
    return int(said) if said.isdigit() else None


def _facts(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}") from error


def _silently(done: int, total: int) -> None:
    pass


def _begun(api: Api, kept: UnfinishedUploads, key: str) -> tuple[str | None, int]:
    """Return an earlier upload of the same file and how much of it has arrived."""
    upload_id = kept.id_of(key)
    if upload_id is None:
        return None, 0
    try:
        return upload_id, _offset(api, upload_id)
    except NotFound:
        kept.forget(key)
        return None, 0


def _begin(api: Api, name: str, length: int) -> str:
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    headers = {**_TUS, "Upload-Length": str(length), "Upload-Metadata": metadata}
    # Where the answer is lost a second one is begun; the server forgets the first within a day.
    made = api.post("uploads/", headers=headers, may_repeat=True)
    return str(made["id"])


def _offset(api: Api, upload_id: str) -> int:
    answer = api.call("HEAD", f"uploads/{upload_id}/", headers=_TUS)
    return int(answer.headers["Upload-Offset"])


def _send(api: Api, upload_id: str, file: BinaryIO, offset: int, length: int, told: Told) -> None:
    """Send what is missing; what interrupts is waited for as long as it gets on now and then."""
    pause, moved_at = _FIRST_PAUSE_SECONDS, time.monotonic()
    told(offset, length)
    while offset < length:
        file.seek(offset)
        part = file.read(min(PART_BYTES, length - offset))
        if not part:
            raise UnusableInput("The file became shorter while it was read.")
        try:
            arrived = _send_part(api, upload_id, offset, part)
        except (httpx.TransportError, Conflict, TooManyRequests, Unavailable) as error:
            if time.monotonic() - moved_at > api.patience:
                raise _given_up(api, error) from error
            time.sleep(getattr(error, "retry_after", None) or pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            # The server knows what has arrived, perhaps the half of a part.
            arrived = _offset(api, upload_id)
        if arrived > offset:
            pause, moved_at = _FIRST_PAUSE_SECONDS, time.monotonic()
        offset = arrived
        told(offset, length)


def _send_part(api: Api, upload_id: str, offset: int, part: bytes) -> int:
    headers = {**_TUS, "Upload-Offset": str(offset), "Content-Type": _PART}
    answer = api.send_once("PATCH", f"uploads/{upload_id}/", headers=headers, content=part)
    return int(answer.headers["Upload-Offset"])


def _given_up(api: Api, error: httpx.TransportError | Refused) -> LoupeError:
    if isinstance(error, Refused):
        return error
    return CannotConnect(f"{api.url} does not answer: {error or type(error).__name__}")


def _files_below(folder: Path) -> list[tuple[str, os.stat_result]]:
    """Return the names below a folder with "/" between folders, sorted, and facts of each file."""
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is no file and no folder.")
    require_utf8(folder.resolve().name)
    found = []
    for path in files_below(folder):
        name = path.relative_to(folder).as_posix()
        require_utf8(name)
        facts = _facts(path)
        if not stat.S_ISREG(facts.st_mode):
            raise UnusableInput(f"{path} is no file and no folder.")
        found.append((name, facts))
    if not found:
        raise UnusableInput(f"{folder} holds no files.")
    return sorted(found, key=lambda pair: pair[0])


def _archive_of(folder: Path, files: list[tuple[str, os.stat_result]]) -> Path:
    """Return where the zip of these files lies: the same for the same names, sizes and times."""
    digest = hashlib.sha256(os.fsencode(folder.resolve()))
    for name, facts in files:
        digest.update(f"\0{name}\0{facts.st_size}\0{facts.st_mtime_ns}".encode())
    name = folder.resolve().name or "images"
    return cache_folder() / "packed" / digest.hexdigest()[:16] / f"{name}.zip"


def _pack(folder: Path, files: list[tuple[str, os.stat_result]], archive: Path) -> None:
    part = archive.with_suffix(f".{os.getpid()}.part")
    try:
        _sweep(archive.parents[1])
        archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Image files do not get smaller by being compressed.
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, strict_timestamps=False) as target:
            for name, _ in files:
                target.write(folder / name, name)
        part.replace(archive)
    except (OSError, ValueError) as error:
        raise UnusableInput(f"{folder} cannot be packed: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _sweep(packs: Path) -> None:
    """Remove what was packed and never sent to its end: the server has forgotten it, too."""
    if packs.is_dir():
        for pack in packs.iterdir():
            if time.time() - pack.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(pack, ignore_errors=True)
