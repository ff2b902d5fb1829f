"""Threads that outlive a request, and with them their connection to Postgres.

Django under ASGI gives each request a thread of its own and opens a connection in it; at both ends
that costs more than most requests, and a hundred at once would exhaust Postgres. Here there are so
many threads and no more, kept for the next request. A request has one from the moment when its
body is there until its answer begins: neither who sends slowly nor who reads slowly holds one, and
an event stream does not either. Who finds none free waits, in fair turns by person; after a while
it is 503. Of one person's large bodies no more are read at a time than there are threads for.
"""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.db import connections

from common.body_limit import Application, Message, Receive, Scope, Send
from common.fair_gate import FairGate
from common.problems import CONTENT_TYPE, problem

# So many are kept when there is less to do; each holds a connection.
KEPT = 8
# Requests of one person, or of one address without an account, that are not answered yet.
MOST_WAITING = 128
# What a connection has taken in before anyone reads it; a larger body waits until it is wanted.
SMALL_BODY_BYTES = 64 << 10
_RETRY_AFTER_SECONDS = 5
_SENTENCE = "There are more requests than this server can answer at the moment. Try again soon."
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Loupe is busy</title>"
    f"<h1>Loupe is busy</h1><p>{_SENTENCE}</p></html>"
)


_NO_BOUND = 1 << 30


class Crowded(Exception):
    """No thread was free in time."""


class WarmThreadsMiddleware:
    """Runs the synchronous code of a request in a thread that earlier requests have warmed."""

    def __init__(self, application: Application) -> None:
        self.application = application
        threads: int = settings.REQUEST_THREADS
        share = max(1, threads // 3)
        self.gate = FairGate(threads, share)
        # Reading takes no thread, but the time of the one that reads for everybody.
        self.intake = FairGate(_NO_BOUND, share)
        # What is left to do after an answer has begun: closing it, and looking whether a stream may
        # go on. The latter waits for Postgres.
        self.closing = ThreadPoolExecutor(4, "closing")
        self.streams = ThreadPoolExecutor(4, "streams")
        self._idle: list[ThreadPoolExecutor] = []
        self._present: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        key = sender_of(scope)
        if self._present[key] >= MOST_WAITING:
            await _refuse(scope, send)
            return
        self._present[key] += 1
        visit = _Visit(self, key, receive, send, is_large=is_large(scope))
        try:
            async with ThreadSensitiveContext(executor=visit):
                await self.application(scope, visit.receive, visit.send)
        except Crowded:
            await _refuse(scope, send)
        finally:
            visit.leave()

    def thread(self) -> ThreadPoolExecutor:
        """Return a warm thread, or a new one."""
        return self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")

    def forget(self, key: str) -> None:
        """Count a request as answered."""
        self._present[key] -= 1
        if not self._present[key]:
            del self._present[key]

    def give_back(self, thread: ThreadPoolExecutor, key: str) -> None:
        """Keep a thread for the next request, or end it; runs in the thread."""
        if len(self._idle) < KEPT:
            self._idle.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
        self.gate.leave(key)


class _Visit(Executor):
    """One request: takes a thread when its body is there, gives it back when its answer begins."""

    def __init__(
        self,
        house: WarmThreadsMiddleware,
        key: str,
        receive: Receive,
        send: Send,
        *,
        is_large: bool,
    ) -> None:
        self._house, self._key = house, key
        self._receive, self._send = receive, send
        self._thread: ThreadPoolExecutor | None = None
        self._after = house.closing
        self._left = False
        self._awaits_intake, self._has_intake = is_large, False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        return (self._thread or self._after).submit(fn, *args, **kwargs)

    async def receive(self) -> Message:
        if self._awaits_intake and not self._left:
            self._awaits_intake = False
            await _place_in(self._house.intake, self._key)
            self._has_intake = True
        message = await self._receive()
        is_whole = message["type"] == "http.request" and not message.get("more_body", False)
        if is_whole and self._thread is None and not self._left:
            await self._enter()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
            if any(kind.startswith(b"text/event-stream") for kind in kinds):
                self._after = self._house.streams
            self.leave()
        await self._send(message)

    async def _enter(self) -> None:
        await _place_in(self._house.gate, self._key)
        self._thread = self._house.thread()

    def leave(self) -> None:
        if self._left:
            return
        self._left = True
        self._house.forget(self._key)
        if self._has_intake:
            self._house.intake.leave(self._key)
        thread, self._thread = self._thread, None
        if thread is not None:
            # In its turn: a view whose client has gone may still be at work in it.
            thread.submit(self._house.give_back, thread, self._key)


async def _place_in(gate: FairGate, key: str) -> None:
    """Wait for a place; raises `Crowded` where there is none in time."""
    try:
        await gate.enter(key, settings.REQUEST_WAIT_SECONDS)
    except TimeoutError:
        raise Crowded from None


def is_large(scope: Scope) -> bool:
    """Whether the body is larger than a connection takes in by itself, or may be."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or not length.isdigit() or int(length) > SMALL_BODY_BYTES


def sender_of(scope: Scope) -> str:
    """Return who shares: the person, or the address of who has no account."""
    person: str | None = scope.get("loupe.person")
    return person or f"address:{(scope.get('client') or ('',))[0]}"


async def _refuse(scope: Scope, send: Send) -> None:
    headers = dict(scope["headers"])
    if b"text/html" in headers.get(b"accept", b"") and b"hx-request" not in headers:
        kind, body = "text/html; charset=utf-8", _PAGE
    else:
        document = problem(
            status=503, title="Too many requests at once", detail=_SENTENCE, code="busy"
        )
        kind, body = CONTENT_TYPE, json.dumps(document)
    answer = [
        (b"content-type", kind.encode()),
        (b"retry-after", b"%d" % _RETRY_AFTER_SECONDS),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": answer})
    await send({"type": "http.response.body", "body": body.encode()})
