"""What follows a refusal on its connection: the rest of the body, and the next request.

Over real sockets, with uvicorn itself: a proxy sends the rest, and then another person's request.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn

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
def address() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application, http=HeadTimeProtocol, lifespan="off", log_config=None)
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
