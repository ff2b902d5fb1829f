"""Who knocks is looked up once for a crowd, and what cannot be known is not called wrong."""

import asyncio
import json
import threading

import pytest
from django.db import connection, transaction

from accounts import sender
from accounts.sender import SenderMiddleware
from accounts.services.tokens import create_token
from common.body_limit import BodyLimitMiddleware
from tests import factories
from tests.attack.world import session_of


def scope_of(address: str, **headers: str) -> dict:
    return {
        "type": "http",
        "path": "/api/v1/datasets/",
        "client": (address, 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def by_token(secret: str, address: str = "192.0.2.1") -> dict:
    return scope_of(address, authorization=f"Bearer {secret}")


class House:
    """The middleware, and an application that notes whom it was told of."""

    def __init__(self) -> None:
        self.told: list[tuple[str | None, bool]] = []
        self.sender = SenderMiddleware(self.application)

    async def application(self, scope, receive, send) -> None:
        self.told.append((scope["loupe.person"], scope["loupe.unknown"]))

    def knock(self, scope: dict) -> asyncio.Task:
        return asyncio.create_task(self.sender(scope, None, None))

    def close(self) -> list[tuple[str | None, bool]]:
        """End its threads, and their connections with them."""
        self.sender._threads.shutdown()
        return self.told


@pytest.fixture
def locked_tokens(transactional_db):
    """No token can be looked up until this is set."""
    locked, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_apitoken IN ACCESS EXCLUSIVE MODE")
            locked.set()
            go.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)

    def lock() -> threading.Event:
        thread.start()
        assert locked.wait(10)
        return go

    yield lock
    go.set()
    thread.join()


def test_a_crowd_with_one_token_is_looked_up_once(locked_tokens):
    """Each used to take one of the two threads, and everybody else waited behind."""
    person, other = factories.make_user(), factories.make_user()
    _, secret = create_token(user=person, name="script")
    session = f"sessionid={session_of(other)}"
    go = locked_tokens()

    async def serve() -> list:
        house = House()
        crowd = [house.knock(by_token(secret)) for _ in range(50)]
        await asyncio.wait_for(house.knock(scope_of("192.0.2.1", cookie=session)), 4)
        go.set()
        await asyncio.gather(*crowd)
        return house.close()

    told = asyncio.run(serve())
    assert told == [(f"person:{other.pk}", False), *[(f"person:{person.pk}", False)] * 50]


def test_a_crowd_of_made_up_tokens_blinds_nobody_else(locked_tokens, monkeypatch):
    monkeypatch.setattr(sender, "_WAIT_SECONDS", 0.2)
    person = factories.make_user()
    _, secret = create_token(user=person, name="script")
    go = locked_tokens()

    async def serve() -> list:
        house = House()
        crowd = [house.knock(by_token(f"loupe_{number}", "192.0.2.66")) for number in range(9)]
        while len(house.told) < 7:
            await asyncio.sleep(0.01)
        assert set(house.told) == {(None, True)}
        go.set()
        await asyncio.gather(*crowd)
        await house.knock(by_token(secret))
        return house.close()

    assert asyncio.run(serve())[7:] == [(None, False)] * 2 + [(f"person:{person.pk}", False)]


def test_who_cannot_be_known_is_told_to_come_again_and_not_that_they_are_wrong(settings):
    settings.ANONYMOUS_MAX_BYTES = 10
    sent: list[dict] = []

    async def send(message) -> None:
        sent.append(message)

    scope = scope_of("192.0.2.1", **{"content-length": "11"})
    for unknown in (True, False):
        told = {**scope, "loupe.person": None, "loupe.unknown": unknown}
        asyncio.run(BodyLimitMiddleware(None)(told, None, send))
    busy, stranger = sent[0], sent[2]
    assert (busy["status"], stranger["status"]) == (503, 401)
    assert int(dict(busy["headers"])[b"retry-after"]) > 0
    assert json.loads(sent[1]["body"])["code"] == "busy"
