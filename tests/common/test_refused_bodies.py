"""What follows a refusal on its connection: the rest of the body, and the next request.

Over real sockets, with uvicorn itself: a proxy sends the rest, and then another person's request.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import uvicorn

from common import head_time
from common.body_limit import BodyLimitMiddleware
from common.head_time import HeadTimeProtocol
from common.long_patch import LongPatchMiddleware

LIMIT = 100_000
# What is taken for a request, if the rest of a body is.
_LINE = b"GET /within HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = _LINE * (4_000_000 // len(_LINE))
NEXT = b"GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"


def request(method: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([method + b" /first HTTP/1.1", b"Host: localhost", *headers, b"", b""])


LENGTH = b"Content-Length: %d" % len(BODY)
IN_CHUNKS = b"".join(
    b"%x\r\n%b\r\n" % (len(part), part)
    for part in (BODY[start : start + 50_000] for start in range(0, len(BODY), 50_000))
)
PATCH = (b"Content-Type: application/offset+octet-stream", b"Upload-Offset: 0")
CASES = {
    "declared": (b"413", request(b"POST", LENGTH) + BODY),
    "in chunks": (
        b"413",
        request(b"POST", b"Transfer-Encoding: chunked") + IN_CHUNKS + b"0\r\n\r\n",
    ),
    "a part of an upload": (b"401", request(b"PATCH", LENGTH, *PATCH) + BODY),
}


async def inner(scope, receive, send) -> None:
    """Refuse parts of uploads; read everything else to its end and say what was asked."""
    more = scope["method"] != "PATCH"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    status = 401 if scope["method"] == "PATCH" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"<%b>" % scope["path"].encode()})


async def application(scope, receive, send) -> None:
    # Someone who is signed in: strangers have a limit of their own.
    limited = BodyLimitMiddleware(LongPatchMiddleware(inner))
    await limited({**scope, "loupe.person": "person:1"}, receive, send)


@pytest.fixture(scope="module")
def config() -> uvicorn.Config:
    return uvicorn.Config(application, http=HeadTimeProtocol, lifespan="off", log_config=None)


@pytest.fixture(scope="module")
def address(config) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("case", CASES)
def test_the_rest_is_dropped_and_the_next_request_is_read(address, settings, case):
    status, sent = CASES[case]
    settings.REQUEST_MAX_BYTES = 1 << 30 if case == "a part of an upload" else LIMIT
    with socket.create_connection(address, timeout=20) as connection:
        # It sends all before it reads, as many programs do.
        connection.sendall(sent + NEXT)
        said = b""
        while b"</next>" not in said:
            more = connection.recv(4096)
            assert more, said
            said += more
    assert said.startswith(b"HTTP/1.1 " + status)
    assert said.count(b"HTTP/1.1 ") == 2
    assert b"within" not in said


@pytest.mark.parametrize("case", CASES)
def test_a_rest_that_drips_is_let_go(address, settings, case):
    status, sent = CASES[case]
    settings.REQUEST_MAX_BYTES = 1 << 30 if case == "a part of an upload" else LIMIT
    settings.REQUEST_HEAD_SECONDS = 0.5
    started, said = time.monotonic(), b""
    with (
        socket.create_connection(address, timeout=20) as connection,
        # Closed while it drips.
        suppress(ConnectionError),
    ):
        connection.sendall(sent[: len(sent) // 2])
        connection.settimeout(0.1)
        while time.monotonic() - started < 10:
            try:
                more = connection.recv(4096)
            except TimeoutError:
                connection.sendall(b"a")
                continue
            if not more:
                break
            said += more
    assert said.startswith(b"HTTP/1.1 " + status)
    assert said.count(b"HTTP/1.1 ") == 1
    assert 0.4 < time.monotonic() - started < 5


@pytest.mark.parametrize("case", CASES)
def test_a_connection_with_the_whole_rest_waits_for_its_next_request_as_any_other(
    address, config, settings, monkeypatch, case
):
    status, sent = CASES[case]
    settings.REQUEST_MAX_BYTES = 1 << 30 if case == "a part of an upload" else LIMIT
    monkeypatch.setattr(config, "timeout_keep_alive", 1)
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(sent[:-1])
        said = b""
        while not said.endswith(b"0\r\n\r\n"):
            said += connection.recv(4096)
        assert said.startswith(b"HTTP/1.1 " + status)
        connection.sendall(sent[-1:])
        assert connection.recv(4096) == b"", "closed without another answer"


CHUNKED = request(b"POST", b"Transfer-Encoding: chunked")
TINY = b"1\r\na\r\n" * 50_000


@pytest.mark.parametrize("before", [b"", IN_CHUNKS], ids=["of a body", "of a refused rest"])
def test_tiny_chunks_are_not_read(address, settings, before):
    settings.REQUEST_MAX_BYTES = LIMIT
    said = b""
    with (
        socket.create_connection(address, timeout=20) as connection,
        # Closed in the middle.
        suppress(ConnectionError),
    ):
        connection.sendall(CHUNKED + before)
        while before and b"413" not in said:
            said += connection.recv(4096)
        connection.sendall(TINY + b"0\r\n\r\n" + NEXT)
        while more := connection.recv(4096):
            said += more
    assert said.count(b"HTTP/1.1 ") == 1, "an answered request has no second answer"
    assert b"</next>" not in said
    if not before:
        assert said.startswith(b"HTTP/1.1 400")
        assert b"at least 1,024 bytes in each" in said


@pytest.mark.parametrize(
    ("size", "end", "status"), [(512, b"", b"400"), (1_024, b"0\r\n\r\n", b"200")]
)
def test_chunks_have_a_kibibyte_on_average(address, settings, size, end, status):
    settings.REQUEST_MAX_BYTES = 1 << 30
    chunk = b"%x\r\n%b\r\n" % (size, bytes(size))
    with socket.create_connection(address, timeout=5) as connection:
        # Each half of a kibibyte takes half of one of the thousand that may be smaller.
        connection.sendall(CHUNKED + chunk * 2_000 + end)
        said = connection.recv(4096)
    assert said.startswith(b"HTTP/1.1 " + status)


def test_chunks_of_usual_size_and_a_thousand_small_ones_are_read(address, settings):
    settings.REQUEST_MAX_BYTES = 10 * len(BODY)
    whole = CHUNKED + TINY[:6_000] + IN_CHUNKS + b"0\r\n\r\n"
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(whole + NEXT)
        said = b""
        while b"</next>" not in said:
            said += connection.recv(4096)
    assert said.startswith(b"HTTP/1.1 200")


def test_rests_are_read_slowly_together(address, settings, monkeypatch):
    """A few who go on sending after their refusal would have the whole server to themselves."""
    monkeypatch.setattr(head_time, "REST_BYTES_PER_SECOND", 1 << 20)
    settings.REQUEST_MAX_BYTES = LIMIT
    head = request(b"POST", b"Content-Length: 99999999999")
    sent, block = 0, bytes(1 << 20)
    with ExitStack() as opened:
        connections = [opened.enter_context(socket.create_connection(address)) for _ in range(3)]
        for connection in connections:
            connection.sendall(head)
            assert connection.recv(4096).startswith(b"HTTP/1.1 413")
            connection.setblocking(False)
        ends = time.monotonic() + 1
        while time.monotonic() < ends:
            for connection in connections:
                with suppress(BlockingIOError):
                    sent += connection.send(block)
            time.sleep(0.001)
    # What is under way in the system's own buffers was sent as well.
    assert sent < 40_000_000
