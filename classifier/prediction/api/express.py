"""Predictions without the layers that they do not need: straight from the connection to the queue.

A call as most clients make it (a token, a small form, nothing odd) is answered here, in the event
loop and four shared threads. Everything else, and everything that is to be refused, goes on to
`Predict`, with the body that has been read: that one says what the API promises. Both give the same
answers with the same headers. docs/adr/0023 says why and what else was weighed.
"""

import asyncio
import logging
import re
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from classifier.prediction.api.plain_form import PlainForm, boundary_of, read
from classifier.prediction.services.admit import Admitted, Ask, NotAdmitted, admit, give_up
from classifier.prediction.services.answers import Answers
from classifier.prediction.services.ask import no_answer_in_time, no_turn_in_time
from classifier.prediction.serving.request import WAIT_SECONDS
from common.batches import Batches
from common.body_limit import Application, Message, Receive, Scope, Send
from common.errors import DomainError
from common.fair_gate import FairGate
from common.middleware import POLICY
from common.problems import problem_page
from common.warm_threads import MOST_WAITING, is_large

logger = logging.getLogger(__name__)
_PATH = re.compile(r"/api/v1/models/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/predict/")
_TOKEN = re.compile(rb"Bearer ([A-Za-z0-9_]{1,200})")
_ACCEPTED = (b"", b"*/*", b"application/json")
# Whatever else a request says by these, `Predict` and what stands before it heed or refuse.
_ODD_HEADERS = frozenset({b"idempotency-key", b"content-encoding", b"x-http-method-override"})
_NO_BOUND = 1 << 30
_MOST_AT_ONCE = 32
_TURN_PAUSE_SECONDS = 0.05


class Call(NamedTuple):
    """A call that may be answered here, before its body is read."""

    model: uuid.UUID
    person: uuid.UUID
    token: str
    boundary: bytes


class ExpressMiddleware:
    """Answers plain predictions and passes everything else on."""

    def __init__(self, application: Application) -> None:
        self.application = application
        # As many of one person as may be under way: more wait here, where they cost nothing.
        self._gate = FairGate(_NO_BOUND, settings.PREDICT_IN_FLIGHT)
        self._present: Counter[uuid.UUID] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        call = plain_call(scope) if scope["type"] == "http" else None
        if call is None or self._present[call.person] >= MOST_WAITING:
            await self.application(scope, receive, send)
            return
        self._present[call.person] += 1
        try:
            await self._serve(call, scope, receive, send)
        finally:
            self._present[call.person] -= 1
            if not self._present[call.person]:
                del self._present[call.person]

    async def _serve(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        key = f"person:{call.person}"
        # What a connection has taken in already is read at once, the rest when its turn has come.
        large = is_large(scope)
        body = None if large else await _body(receive)
        if body is None and not large:
            return
        arrived = time.time()
        try:
            await self._gate.enter(key, WAIT_SECONDS)
        except TimeoutError:
            await _send_problem(scope, send, no_turn_in_time())
            return
        try:
            if large:
                body, arrived = await _body(receive), time.time()
            if body is None:
                return
            form = read(body, call.boundary)
            answers = form and await _answers(call, form, arrived)
        except DomainError as error:
            await _send_problem(scope, send, error)
            return
        except Exception:  # the boundary of the shortcut: `Predict` answers or says what is wrong
            logger.exception("a prediction could not take the shortcut")
            answers = None
        finally:
            self._gate.leave(key)
        if answers:
            await _send_answer(scope, send, 200, b"application/json", msgspec.json.encode(answers))
        else:
            await self.application(scope, _again(body, receive), send)


def plain_call(scope: Scope) -> Call | None:
    """Return who asks which model, None for every call that is not answered here."""
    found = _PATH.fullmatch(scope["path"]) if scope["method"] == "POST" else None
    person: str | None = scope.get("loupe.person")
    if found is None or person is None or scope["query_string"]:
        return None
    headers = dict(scope["headers"])
    token = _TOKEN.fullmatch(headers.get(b"authorization", b""))
    boundary = boundary_of(headers.get(b"content-type", b""))
    length = headers.get(b"content-length", b"")
    plain = (
        len(headers) == len(scope["headers"])
        and _ODD_HEADERS.isdisjoint(headers)
        and headers.get(b"accept", b"") in _ACCEPTED
        and length.isdigit()
        and int(length) <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        and _is_ours(headers.get(b"host", b"").decode("latin-1"))
    )
    if token is None or boundary is None or not plain:
        return None
    key = uuid.UUID(person.removeprefix("person:"))
    return Call(uuid.UUID(found[1]), key, token[1].decode(), boundary)


async def _answers(call: Call, form: PlainForm, arrived: float) -> Answers | None:
    """Return the answers; None where `Predict` is to be asked. Raises a `DomainError`."""
    ask = Ask(
        person=call.person,
        token=call.token,
        model=call.model,
        number=form.number,
        alias=form.alias,
        top_k=form.top_k,
        images=form.images,
        arrived=arrived,
    )
    admitted = await asyncio.wrap_future(_desk().ask(ask))
    while admitted is NotAdmitted.NO_TURN:
        # The person's or the organization's other predictions, of another web server.
        if time.time() > arrived + WAIT_SECONDS:
            raise no_turn_in_time()
        await asyncio.sleep(_TURN_PAUSE_SECONDS)
        admitted = await asyncio.wrap_future(_desk().ask(ask))
    if not isinstance(admitted, Admitted):
        return None
    try:
        async with asyncio.timeout(admitted.request.deadline - time.time()):
            answers = await asyncio.wrap_future(admitted.answers)
    except TimeoutError:
        await _given_up(ask, admitted)
        raise no_answer_in_time() from None
    if answers is None:
        # Asked once more, where every error has its sentence and is counted and audited.
        await _given_up(ask, admitted)
    return answers


async def _given_up(ask: Ask, admitted: Admitted) -> None:
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(_rare(), give_up, admitted, len(ask.images))


@cache
def _desk() -> Batches[Ask, Admitted | NotAdmitted]:
    return Batches("admit-predictions", admit, _MOST_AT_ONCE)


@cache
def _rare() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "given-up")


@cache
def _is_ours(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, None where the client has gone or was refused meanwhile."""
    parts = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that begins with the body that has been read."""
    read_already: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def from_start() -> Message:
        return read_already.pop() if read_already else await receive()

    return from_start


async def _send_problem(scope: Scope, send: Send, error: DomainError) -> None:
    page = problem_page(error)
    kind = page.headers["Content-Type"].encode()
    retry = page.headers.get("Retry-After")
    more = [(b"Retry-After", retry.encode())] if retry else []
    await _send_answer(scope, send, error.status, kind, page.content, more)


async def _send_answer(
    scope: Scope,
    send: Send,
    status: int,
    kind: bytes,
    body: bytes,
    more: list[tuple[bytes, bytes]] | None = None,
) -> None:
    headers = [
        (b"Content-Type", kind),
        (b"Allow", b"POST, OPTIONS"),
        (b"X-Frame-Options", settings.X_FRAME_OPTIONS.encode()),
        (b"Content-Length", b"%d" % len(body)),
        (b"Content-Security-Policy", POLICY.encode()),
        (b"Cache-Control", b"private, no-store"),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"Referrer-Policy", settings.SECURE_REFERRER_POLICY.encode()),
        (b"Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY.encode()),
        *(more or ()),
    ]
    if settings.SECURE_HSTS_SECONDS and _came_by_https(scope):
        seconds = b"max-age=%d" % settings.SECURE_HSTS_SECONDS
        headers.append((b"Strict-Transport-Security", seconds))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _came_by_https(scope: Scope) -> bool:
    proto = dict(scope["headers"]).get(b"x-forwarded-proto")
    return (scope["scheme"].encode() if proto is None else proto.split(b",")[0].strip()) == b"https"
