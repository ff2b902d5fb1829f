"""Who sends a request: told to the layers below before a request's body is read.

They share what is scarce by it and spool no large body of strangers; what a person may do is
decided by the views, as ever. An answer is remembered for a while, so most requests ask no
database.
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import CookieError, SimpleCookie

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from accounts.selectors.senders import person_of_session, person_of_token
from common.body_limit import Application, Receive, Scope, Send
from common.fair_gate import FairGate

logger = logging.getLogger(__name__)
REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 4096
_THREADS = 2
_WAIT_SECONDS = 5.0
# Where the database does not answer, not every request waits for it.
_BLIND_SECONDS = 2.0

Lookup = tuple[Callable[[str], str | None], str]


class _Unknown(Exception):
    """Who sends a request cannot be known at the moment."""


class SenderMiddleware:
    """Puts `loupe.person` into the scope: the sender's key, None for who has no account.

    Where it cannot be known, because the database is away or the sender's own crowd is before it,
    `loupe.unknown` says so: that is no reason to call a right token wrong.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._known: OrderedDict[bytes, tuple[str | None, float]] = OrderedDict()
        self._gate = FairGate(_THREADS)
        self._threads = ThreadPoolExecutor(_THREADS, "sender")
        self._asking: dict[bytes, asyncio.Task[str | None]] = {}
        self._blind_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            try:
                person, unknown = await self._person(scope), False
            except _Unknown:
                person, unknown = None, True
            key = person and f"person:{person}"
            scope = {**scope, "loupe.person": key, "loupe.unknown": unknown}
        await self.application(scope, receive, send)

    async def _person(self, scope: Scope) -> str | None:
        lookup = _lookup(scope)
        if lookup is None:
            return None
        now = time.monotonic()
        digest = hashlib.sha256(f"{lookup[0].__name__} {lookup[1]}".encode()).digest()
        if (known := self._known.get(digest)) and known[1] > now:
            return known[0]
        if now < self._blind_until:
            raise _Unknown
        try:
            person = await self._asked_once(digest, lookup, scope)
        except TimeoutError:
            # Too many from this address; the others are no worse off.
            raise _Unknown from None
        except (DatabaseError, redis.RedisError) as error:
            logger.warning("who sends a request cannot be looked up: %s", error)
            self._blind_until = time.monotonic() + _BLIND_SECONDS
            raise _Unknown from None
        self._known[digest] = person, time.monotonic() + REMEMBERED_SECONDS
        self._known.move_to_end(digest)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return person

    async def _asked_once(self, digest: bytes, lookup: Lookup, scope: Scope) -> str | None:
        """Ask once for all requests that come with the same token meanwhile."""
        asking = self._asking.get(digest)
        if asking is None:
            address = str((scope.get("client") or ("",))[0])
            asking = asyncio.create_task(self._ask(lookup, address))
            self._asking[digest] = asking
            asking.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(asking)

    async def _ask(self, lookup: Lookup, address: str) -> str | None:
        """Look the person up, in fair turns by address: anybody can send made-up tokens."""
        place = self._gate.ask(address)
        try:
            if not place.done():
                async with asyncio.timeout(_WAIT_SECONDS):
                    await asyncio.wrap_future(place)
        except BaseException:
            self._gate.give_up(address, place)
            raise
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, _with_fresh_connection, *lookup)
        finally:
            self._gate.leave(address)


def _with_fresh_connection(find: Callable[[str], str | None], what: str) -> str | None:
    close_old_connections()
    return find(what)


def _lookup(scope: Scope) -> Lookup | None:
    """Return how to find the sender by the request's headers, None where they name no person."""
    headers = dict(scope["headers"])
    kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() == "bearer" and token.strip().isascii():
        return person_of_token, token.strip()
    cookies = headers.get(b"cookie", b"").decode("latin-1")
    if settings.SESSION_COOKIE_NAME not in cookies:
        return None
    try:
        found = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return (person_of_session, found.value) if found and found.value else None
