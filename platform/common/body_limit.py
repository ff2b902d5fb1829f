"""What a request's body may be, decided as it streams in: how long, from whom, how fast.

Django under ASGI spools the whole body to disk before a view runs, so its own limits come too late.
"""

import asyncio
import json
import re
import shutil
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from common.problems import CONTENT_TYPE, problem

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_ARCHIVE_PATHS = re.compile(
    r"^/(api/v1/)?(datasets/[^/]+/imports|batch-predictions|uploads/[^/]+)/?$"
)
# Where strangers are at home: they are told how much it may be, not to sign in.
_TRY_PATHS = re.compile(r"^/api/v1/try/?$")
_MODEL_PATHS = re.compile(r"^/(api/v1/)?models/imports/?$")
# Boundaries, headers and small fields of a multipart body around the archive itself.
_MULTIPART_OVERHEAD_BYTES = 1 << 20
# How often the free space is looked at while a body comes in.
_LOOK_EVERY_BYTES = 16 << 20


@dataclass(frozen=True)
class _Refusal:
    """Why a body is not taken."""

    status: int
    title: str
    code: str
    detail: str


# A proxy that goes by the other one would take the end of the body for another person's request.
_TWO_LENGTHS = _Refusal(
    400,
    "Bad request",
    "ambiguous_length",
    "A request has a Content-Length or comes in chunks; this one says both.",
)


_NOT_KNOWN = "Who sends this cannot be looked up at the moment. Try again soon."
_RETRY_AFTER_SECONDS = 5
# Where the next request begins is not known, or may not come for long.
_ENDS_CONNECTION = {400, 408}


class BodyLimitMiddleware:
    """Refuse a body that is too much, as soon as it is.

    Longer than its address may receive (413), longer than strangers may send (401), slower than is
    allowed (408), or more than the disk has room for (507).
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        intake = _Intake(scope, receive, send)
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if b"content-length" in headers and b"transfer-encoding" in headers:
            await _refuse(send, _TWO_LENGTHS)
            return
        if declared.isdigit() and (refusal := intake.judge(int(declared), declared=True)):
            await _refuse(send, refusal)
            return
        await self.application(scope, intake.receive, intake.send)
        if intake.refusal and not intake.answered:
            await _refuse(send, intake.refusal)


class _Intake:
    """Passes messages on; once the body is refused it tells the application that nothing comes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._limit = _limit(scope["path"])
        self._is_stranger = scope.get("loupe.person") is None
        self._is_unknown = scope.get("loupe.unknown", False)
        self._received = self._looked_at = 0
        self._waited = 0.0
        self._is_whole = False
        self.refusal: _Refusal | None = None
        self.answered = False

    def judge(self, length: int, *, declared: bool = False) -> _Refusal | None:
        """Return why a body that has, or will have, so many bytes is not taken."""
        if length > self._limit:
            return _Refusal(413, "Too large", "too_large", _longer_than(self._limit))
        strangers = int(settings.ANONYMOUS_MAX_BYTES)
        if self._is_unknown and length > strangers:
            return _Refusal(503, "Too many requests at once", "busy", _NOT_KNOWN)
        if self._is_stranger and length > strangers:
            detail = f"Without an account or token, a request may have up to {strangers:,} bytes."
            return _Refusal(401, "Unauthorized", "not_authenticated", detail)
        if length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE and (
            declared or length - self._looked_at > _LOOK_EVERY_BYTES
        ):
            self._looked_at = 0 if declared else length
            # Django writes the files of a form a second time.
            if not _has_room(2 * length if declared else length):
                detail = "The server's disk is nearly full. Ask who runs it to make room."
                return _Refusal(507, "Insufficient storage", "disk_full", detail)
        return None

    async def receive(self) -> Message:
        if self._is_whole or self.refusal:
            return await self._receive() if not self.refusal else {"type": "http.disconnect"}
        message = await self._in_time()
        self._is_whole = not message.get("more_body", False)
        self._received += len(message.get("body", b""))
        self.refusal = self.refusal or self.judge(self._received)
        return {"type": "http.disconnect"} if self.refusal else message

    async def _in_time(self) -> Message:
        """Wait for the next part: in all for a grace, and as long as what is there may take."""
        least = int(settings.REQUEST_MIN_BYTES_PER_SECOND)
        allowed = settings.REQUEST_GRACE_SECONDS + self._received / least
        started = time.monotonic()
        try:
            async with asyncio.timeout(allowed - self._waited):
                return await self._receive()
        except TimeoutError:
            detail = (
                f"A body must come in at {least:,} bytes a second at least; this one is slower."
            )
            self.refusal = _Refusal(408, "Request timeout", "too_slow", detail)
            return {"type": "http.disconnect"}
        finally:
            self._waited += time.monotonic() - started

    async def send(self, message: Message) -> None:
        if self.refusal and not self.answered:
            return
        self.answered = True
        await self._send(message)


def _limit(path: str) -> int:
    if _ARCHIVE_PATHS.match(path):
        return int(settings.ARCHIVE_MAX_BYTES) + _MULTIPART_OVERHEAD_BYTES
    if _MODEL_PATHS.match(path):
        return int(settings.MODEL_IMPORT_MAX_BYTES) + _MULTIPART_OVERHEAD_BYTES
    if _TRY_PATHS.match(path):
        return int(settings.ANONYMOUS_MAX_BYTES)
    return int(settings.REQUEST_MAX_BYTES)


def _longer_than(limit: int) -> str:
    return f"A request to this address may have up to {limit:,} bytes; this one is longer."


def _has_room(length: int) -> bool:
    """Whether enough would be free where bodies are spooled; what is there already counts too."""
    spool, media = Path(settings.FILE_UPLOAD_TEMP_DIR), Path(settings.MEDIA_ROOT)
    # Scratch may be lost while the server runs; Django makes no folder for what it spools.
    spool.mkdir(parents=True, exist_ok=True)
    # There is no other where files lie in a bucket, or where its disk is not mounted.
    folders = [folder for folder in (spool, media) if folder.is_dir()]
    free = min(shutil.disk_usage(folder).free for folder in folders)
    return free - length >= int(settings.FREE_DISK_BYTES)


async def _refuse(send: Send, refusal: _Refusal) -> None:
    body = problem(
        status=refusal.status, title=refusal.title, detail=refusal.detail, code=refusal.code
    )
    headers = [(b"content-type", CONTENT_TYPE.encode())]
    # Elsewhere the connection stays for as long as HeadTimeProtocol lets the rest of a body come:
    # closed at once, it would throw away the answer in the hands of a proxy that still sends.
    if refusal.status in _ENDS_CONNECTION:
        headers.append((b"connection", b"close"))
    if refusal.status == 503:
        headers.append((b"retry-after", b"%d" % _RETRY_AFTER_SECONDS))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
