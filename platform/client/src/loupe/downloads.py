"""Files that come from the server, or from the bucket to which it leads."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

import httpx

from loupe.errors import SignedFile, UnexpectedAnswer, UnusableInput

_SHA256 = "Loupe-Content-SHA256"


def signed_file(answer: httpx.Response) -> SignedFile | None:
    """Return the file in a bucket to which an answer leads; None for any other redirect."""
    if _SHA256 not in answer.headers or not answer.has_redirect_location:
        return None
    return SignedFile(answer.headers["Location"], answer.headers[_SHA256])


@contextmanager
def opened(file: SignedFile, timeout: httpx.Timeout) -> Iterator[httpx.Response]:
    """Open a file of the bucket, which gets no token; raises `UnexpectedAnswer`."""
    try:
        with httpx.stream("GET", file.address, timeout=timeout) as answer:
            if not answer.is_success:
                raise UnexpectedAnswer(
                    f"Loupe led to {answer.request.url.host} for the file, which answered "
                    f"{answer.status_code} {answer.reason_phrase}."
                )
            yield answer
    except httpx.TransportError as error:
        raise UnexpectedAnswer(f"The bucket to which Loupe led does not answer: {error}") from error


def write(answer: httpx.Response, path: str, target: str | Path, sha256: str = "") -> Path:
    """Write the file of an answer to `target`, as `Api.download` says; return its path."""
    place = Path(target)
    if place.is_dir():
        place = place / _file_name(answer)
        if place.exists():
            raise UnusableInput(f"{place} is there already: name another file.")
    part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.part")
    digest = hashlib.sha256()
    try:
        with part.open("wb") as file:
            for block in answer.iter_bytes():
                digest.update(block)
                file.write(block)
        if sha256 and digest.hexdigest() != sha256:
            raise UnexpectedAnswer(f"What came for {path} is not the file that was registered.")
        part.replace(place)
    except httpx.HTTPError as error:
        raise UnexpectedAnswer(f"The download of {path} was cut off: {error}") from error
    except OSError as error:
        raise UnusableInput(f"{place} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return place


def _file_name(answer: httpx.Response) -> str:
    """Return the name that the server gives a file, without any folder."""
    said = Message()
    said["Content-Disposition"] = answer.headers.get("Content-Disposition", "attachment")
    name = Path((said.get_filename() or "").replace("\\", "/")).name
    return name.lstrip(".") or "download"
