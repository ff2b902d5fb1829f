"""A long PATCH, passed on in parts as it streams in.

Django under ASGI spools a whole body to disk before a view runs, and throws it away when the client
goes: an upload that can be resumed would lose exactly what it is meant to keep. So a PATCH of
`application/offset+octet-stream` reaches Django as a row of short ones, each with its own
Upload-Offset and small enough to stay in memory. The first is empty: it tells a
sender without the right before a byte is taken. When the client goes, what has arrived is
passed on all the same. docs/adr/0008 says what else was weighed.
"""

import asyncio
from collections.abc import AsyncIterator

from common.body_limit import Application, Message, Receive, Scope, Send

# Below Django's 2.5 MB, above which it would write each part to disk twice.
PART_BYTES = 2 << 20
CONTENT_TYPE = b"application/offset+octet-stream"
_REWRITTEN = {b"content-length", b"transfer-encoding", b"upload-offset", b"expect"}


class LongPatchMiddleware:
    """Makes many short requests of one long PATCH; lets everything else pass untouched."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        offset = _offset(scope)
        if offset is None:
            await self.application(scope, receive, send)
            return
        answer = await self._pass_on(scope, offset, b"")
        if _is_good(answer):
            async for part in _parts(receive):
                answer = await self._pass_on(scope, offset, part)
                offset += len(part)
                if not _is_good(answer):
                    break
        # The rest of a refused body is dropped for as long as HeadTimeProtocol lets it come: a
        # connection closed at once would throw away the answer in the hands of a proxy.
        for message in answer:
            await send(message)

    async def _pass_on(self, scope: Scope, offset: int, body: bytes) -> list[Message]:
        """Send one part to the application and return its answer."""
        answer: list[Message] = []
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if not waiting:
                # Asked again, only to learn whether the client has gone: not before this is in.
                await asyncio.Event().wait()
            return waiting.pop()

        async def send(message: Message) -> None:
            answer.append(message)

        await self.application(_part_scope(scope, offset, len(body)), receive, send)
        return answer


def _offset(scope: Scope) -> int | None:
    """Return where a body to be passed on in parts begins; None for every other request.

    A part with a checksum must arrive whole before it counts, so it is left to Django.
    """
    if scope["type"] != "http" or scope["method"] != "PATCH":
        return None
    headers = dict(scope["headers"])
    offset = headers.get(b"upload-offset", b"")
    if headers.get(b"content-type") != CONTENT_TYPE or b"upload-checksum" in headers:
        return None
    return int(offset) if offset.isdigit() and len(offset) <= 15 else None


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    """Yield what arrives, in parts; after the client's going, what there was until then."""
    held = bytearray()
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
        held += message.get("body", b"")
        if len(held) >= PART_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _part_scope(scope: Scope, offset: int, length: int) -> Scope:
    headers = [header for header in scope["headers"] if header[0] not in _REWRITTEN]
    headers += [(b"content-length", b"%d" % length), (b"upload-offset", b"%d" % offset)]
    return {**scope, "headers": headers}


def _is_good(answer: list[Message]) -> bool:
    return bool(answer) and 200 <= answer[0]["status"] < 300
