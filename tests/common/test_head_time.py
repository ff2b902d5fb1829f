"""A connection has a bounded time to say what it wants; over real sockets, with uvicorn itself."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn

from common.head_time import HeadTimeProtocol

SECONDS = 0.3
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"POST /%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"


async def application(scope, receive, send) -> None:
    """Answer at once, after the body (`/body`), or in parts for three bounds long (`/events`)."""
    body = b""
    while scope["path"] == "/body":
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(9 if scope["path"] == "/events" else 0):
        await send({"type": "http.response.body", "body": b"tick", "more_body": True})
        await asyncio.sleep(SECONDS / 3)
    await send({"type": "http.response.body", "body": body or b"done"})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application, http=HeadTimeProtocol, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


@pytest.fixture
def talk(address, settings):
    """Send these parts with a pause after each; return what is said until `end`, or the closing."""
    settings.REQUEST_HEAD_SECONDS = SECONDS

    def _talk(*parts: bytes, pause: float = 0.0, end: bytes = b"") -> tuple[bytes, float]:
        started, said = time.monotonic(), b""
        with socket.create_connection(address) as connection:
            waiting = list(parts)
            while not (end and end in said):
                if waiting:
                    with suppress(BrokenPipeError):  # closed; what was said comes first
                        connection.sendall(waiting.pop(0))
                connection.settimeout(pause if waiting else 10)
                try:
                    more = connection.recv(4096)
                except TimeoutError:
                    assert waiting, "neither said nor closed for 10 s"
                    continue
                if not more:
                    break
                said += more
                time.sleep(pause if waiting else 0)
        return said, time.monotonic() - started

    return _talk


def test_who_says_nothing_is_let_go(talk):
    said, seconds = talk()
    assert said == b""
    assert SECONDS * 0.9 < seconds < SECONDS + 2


@pytest.mark.parametrize("start", [b"G", GET[:-2] + b"X-A: ", GET + GET[:-4]])
def test_a_head_that_drips_is_let_go_however_it_drips(talk, start):
    said, seconds = talk(start, *[b"a"] * 20, pause=SECONDS / 10)
    assert said.count(b"HTTP/1.1 408 Request Timeout\r\nconnection: close") == 1
    assert said.count(b"HTTP/1.1 200") == (start.count(b"\r\n\r\n") > 0)
    assert seconds < 20 * SECONDS / 10 + 2


def test_a_body_too_late_to_be_read_is_let_go(talk):
    said, seconds = talk(HEAD % b"", *[b"a"] * 9, pause=SECONDS / 3)
    assert said.startswith(b"HTTP/1.1 200")
    assert seconds < 9 * SECONDS / 3 + 1


def test_what_takes_its_time_for_a_reason_is_not_cut(talk):
    """A body has bounds of its own, a stream ends when it ends, and one connection serves many."""
    said, _ = talk(HEAD % b"body", *[b"ab"] * 5, pause=SECONDS / 2, end=b"ababababab")
    assert said.startswith(b"HTTP/1.1 200")
    events = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said, seconds = talk(events, end=b"done")
    assert said.count(b"tick") == 9
    assert seconds > 2 * SECONDS
    closing = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    said, _ = talk(GET, GET, closing, pause=SECONDS * 1.5)
    assert said.count(b"HTTP/1.1 200") == 3
