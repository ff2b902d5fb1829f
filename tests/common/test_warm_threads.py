import asyncio
import json
import threading
from collections import Counter

import pytest
from asgiref.sync import sync_to_async

from common import warm_threads
from common.warm_threads import WarmThreadsMiddleware
from tests.conftest import wait_until

HTTP = {"type": "http", "headers": [], "client": ("127.0.0.1", 1)}
WHOLE = {"type": "http.request", "body": b"", "more_body": False}


async def receive():
    return WHOLE


async def ignore(message):
    return None


def meet(barrier: threading.Barrier) -> int:
    barrier.wait(10)
    return threading.get_ident()


def idents(*rounds: int) -> list[list[int]]:
    """Serve so many requests at once, round after round; return the thread of each."""
    found: list[list[int]] = []

    async def application(scope, receive, send) -> None:
        await receive()
        found[-1].append(await sync_to_async(meet)(scope["barrier"]))

    async def serve() -> None:
        warm = WarmThreadsMiddleware(application)
        for count in rounds:
            found.append([])
            barrier = threading.Barrier(count)
            await asyncio.gather(
                *(warm({**HTTP, "barrier": barrier}, receive, ignore) for _ in range(count))
            )
            while len(warm._idle) < min(count, warm_threads.KEPT):
                await asyncio.sleep(0.01)

    asyncio.run(serve())
    return found


def test_the_next_request_has_the_thread_of_the_last():
    first, second = idents(1, 1)
    assert first == second


def test_requests_at_once_have_threads_of_their_own_and_not_all_are_kept(monkeypatch):
    monkeypatch.setattr(warm_threads, "KEPT", 2)
    alive = threading.active_count()
    many, few = idents(5, 2)
    assert len(set(many)) == 5
    assert set(few) < set(many)
    # Those that are not kept end in a moment of their own.
    wait_until(lambda: threading.active_count() - alive <= 2, 10)


def test_a_view_whose_client_has_gone_delays_nobody():
    done = threading.Event()

    async def application(scope, receive, send) -> None:
        await receive()
        if scope["slow"]:
            await sync_to_async(done.wait)(10)
        await sync_to_async(lambda: None)()

    async def serve() -> bool:
        warm = WarmThreadsMiddleware(application)
        slow = asyncio.create_task(warm({**HTTP, "slow": True}, receive, ignore))
        await asyncio.sleep(0.1)
        slow.cancel()
        await asyncio.wait_for(warm({**HTTP, "slow": False}, receive, ignore), 5)
        still_at_work = not done.is_set()
        done.set()
        await asyncio.gather(slow, return_exceptions=True)
        return still_at_work

    assert asyncio.run(serve())


class Door:
    """An application whose requests stay in their thread until told, and what it answered them."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.answers: list[tuple[str, int]] = []
        self.go = threading.Event()
        self.kind = b"text/plain"

    async def application(self, scope, receive, send) -> None:
        while (await receive()).get("more_body"):
            pass
        await sync_to_async(self.work)(scope["loupe.person"])
        headers = [(b"Content-Type", self.kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def work(self, person: str) -> None:
        self.inside.append(person)
        self.go.wait(10)

    def request(self, warm, person: str, receive=receive, hold=None, **headers: bytes):
        async def send(message) -> None:
            if message["type"] == "http.response.start":
                self.answers.append((person, message["status"]))
                if hold:
                    await hold.wait()

        given = [(name.encode(), value) for name, value in headers.items()]
        scope = {**HTTP, "loupe.person": person, "headers": given}
        return asyncio.create_task(warm(scope, receive, send))


@pytest.fixture
def door(settings):
    settings.REQUEST_THREADS, settings.REQUEST_WAIT_SECONDS = 6, 10
    return Door()


def test_one_person_has_a_third_of_the_threads_and_another_comes_in_at_once(door):
    async def serve() -> None:
        warm = WarmThreadsMiddleware(door.application)
        many = [door.request(warm, "eve") for _ in range(40)]
        await asyncio.sleep(0.2)
        assert door.inside == ["eve"] * 2
        other = door.request(warm, "ann")
        while "ann" not in door.inside:
            await asyncio.sleep(0.01)
        assert door.inside == ["eve", "eve", "ann"]
        door.go.set()
        await asyncio.gather(*many, other)

    asyncio.run(serve())
    assert sorted(door.answers) == [("ann", 200), *[("eve", 200)] * 40]


def test_who_waits_too_long_is_told_when_to_come_again(door, settings):
    settings.REQUEST_WAIT_SECONDS = 0.1
    sent = []

    async def send(message) -> None:
        sent.append(message)

    async def serve() -> None:
        warm = WarmThreadsMiddleware(door.application)
        first = [door.request(warm, "eve") for _ in range(2)]
        await asyncio.sleep(0.05)
        await warm({**HTTP, "loupe.person": "eve"}, receive, send)
        page = {**HTTP, "loupe.person": "eve", "headers": [(b"accept", b"text/html,*/*")]}
        await warm(page, receive, send)
        door.go.set()
        await asyncio.gather(*first)

    asyncio.run(serve())
    start, body, page, text = sent
    assert (start["status"], json.loads(body["body"])["code"]) == (503, "busy")
    assert int(dict(start["headers"])[b"retry-after"]) > 0
    assert page["status"] == 503
    assert b"<h1>Loupe is busy</h1>" in text["body"]


def test_more_than_so_many_of_one_person_are_refused_unread(door, monkeypatch):
    monkeypatch.setattr(warm_threads, "MOST_WAITING", 3)

    async def serve() -> None:
        warm = WarmThreadsMiddleware(door.application)
        three = [door.request(warm, "eve") for _ in range(3)]
        await asyncio.sleep(0.05)
        await door.request(warm, "eve", receive=None)
        other = door.request(warm, "ann")
        await asyncio.sleep(0.05)
        door.go.set()
        await asyncio.gather(*three, other)
        await door.request(warm, "eve")

    asyncio.run(serve())
    assert door.answers[0] == ("eve", 503)
    assert sorted(door.answers[1:]) == [("ann", 200), *[("eve", 200)] * 4]


def test_neither_a_slow_sender_nor_a_slow_reader_holds_a_thread(door):
    """Whose body is not there yet, and whose answer has begun, has none."""
    door.go.set()

    async def serve() -> None:
        warm = WarmThreadsMiddleware(door.application)
        arrives, read = asyncio.Event(), asyncio.Event()

        async def slowly():
            await arrives.wait()
            return WHOLE

        senders = [door.request(warm, "eve", receive=slowly) for _ in range(10)]
        readers = [door.request(warm, "eve", hold=read) for _ in range(10)]
        while len(door.answers) < 10:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(door.request(warm, "eve"), 5)
        arrives.set()
        read.set()
        await asyncio.gather(*senders, *readers)

    asyncio.run(serve())
    assert door.answers == [("eve", 200)] * 21


def test_a_thread_is_free_again_when_its_request_fails(door):
    async def application(scope, receive, send) -> None:
        await receive()
        await sync_to_async(lambda: 1 / 0)()

    async def serve() -> None:
        warm = WarmThreadsMiddleware(application)
        scope = {**HTTP, "loupe.person": "eve"}
        for _ in range(10):
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(warm(scope, receive, ignore), 5)

    asyncio.run(serve())


@pytest.mark.parametrize(
    "size", [{"content-length": b"5000000"}, {"transfer-encoding": b"chunked"}], ids=str
)
def test_of_one_persons_large_bodies_as_many_are_read_as_have_a_thread(door, size):
    """The others wait unread: to read is the work of the one thread that reads for everybody."""
    begun = []

    def reading(person: str):
        async def receive():
            begun.append(person)
            return WHOLE

        return receive

    async def serve() -> None:
        warm = WarmThreadsMiddleware(door.application)
        many = [door.request(warm, "eve", reading("eve"), **size) for _ in range(40)]
        many += [door.request(warm, "eve", reading("small")) for _ in range(3)]
        many += [door.request(warm, "ann", reading("ann"), **size)]
        while "ann" not in door.inside:
            await asyncio.sleep(0.01)
        assert Counter(begun) == {"eve": 2, "small": 3, "ann": 1}
        # Who gives up gives the place up.
        many[5].cancel()
        door.go.set()
        await asyncio.gather(*many, return_exceptions=True)
        assert warm.intake._held == {}

    asyncio.run(serve())
    assert Counter(door.answers) == {("eve", 200): 42, ("ann", 200): 1}
