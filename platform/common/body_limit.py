"""A cap on request bodies, counted as they stream in and before anyone is authenticated.

Django under ASGI spools the whole body to disk before a view runs, so its own limits come too late.
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
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
# Boundaries, headers and small fields of a multipart body around the archive itself.
_MULTIPART_OVERHEAD_BYTES = 1 << 20


class BodyLimitMiddleware:
    """Answer 413 as soon as a body is longer than its address may receive."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        limit = _limit(scope["path"])
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            await _refuse(send, limit)
            return
        counter = _Counter(receive, send, limit)
        await self.application(scope, counter.receive, counter.send)
        if counter.exceeded and not counter.answered:
            await _refuse(send, limit)


class _Counter:
    """Passes messages on; past the limit it tells the application that the client has gone."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._limit = receive, send, limit
        self._received = 0
        self.exceeded = False
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            self.exceeded = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if self.exceeded and not self.answered:
            return
        self.answered = True
        await self._send(message)


def _limit(path: str) -> int:
    if _ARCHIVE_PATHS.match(path):
        return int(settings.ARCHIVE_MAX_BYTES) + _MULTIPART_OVERHEAD_BYTES
    return int(settings.REQUEST_MAX_BYTES)


async def _refuse(send: Send, limit: int) -> None:
    detail = f"A request to this address may have up to {limit:,} bytes; this one is longer."
    body = problem(status=413, title="Too large", detail=detail, code="too_large")
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
