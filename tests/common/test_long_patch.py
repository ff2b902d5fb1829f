import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.asgi import get_asgi_application

from common.long_patch import PART_BYTES, LongPatchMiddleware

BLOCK = bytes(range(256)) * 256
PATH = "/api/v1/uploads/00000000-0000-4000-8000-000000000000/"


class Shelf:
    """An application that keeps what it is sent, until it has enough."""

    def __init__(self, enough: int = 1 << 40) -> None:
        self.parts: list[tuple[int, bytes]] = []
        self.enough = enough

    async def __call__(self, scope, receive, send) -> None:
        headers = dict(scope["headers"])
        body = (await receive())["body"]
        assert int(headers[b"content-length"]) == len(body)
        refused = sum(len(part) for _, part in self.parts) >= self.enough
        if not refused:
            self.parts.append((int(headers[b"upload-offset"]), body))
        status = 409 if refused else 204
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def patch(application, blocks: int, *, hang_up: bool = False, **headers: str):
    """Send so many blocks of 64 KiB from offset 7 on; return the answer and how many were taken."""
    taken = 0
    sent: list[dict] = []

    async def receive():
        nonlocal taken
        if taken == blocks:
            return {"type": "http.disconnect"}
        taken += 1
        more = hang_up or taken < blocks
        return {"type": "http.request", "body": BLOCK, "more_body": more}

    async def send(message):
        sent.append(message)

    given = {
        "host": "127.0.0.1", "content-type": "application/offset+octet-stream",
        "upload-offset": "7", "content-length": str(blocks * len(BLOCK)), "tus-resumable": "1.0.0",
        **headers,
    }  # fmt: skip
    scope = {
        "type": "http", "method": "PATCH", "path": PATH, "raw_path": PATH.encode(),
        "query_string": b"", "http_version": "1.1", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    # A thread of its own: Playwright, in other tests, keeps an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        middleware = LongPatchMiddleware(application)
        pool.submit(lambda: asyncio.run(middleware(scope, receive, send))).result()
    return sent[0], taken


@pytest.mark.parametrize("hang_up", [False, True])
def test_a_long_patch_arrives_in_parts_also_when_the_client_goes(hang_up):
    shelf = Shelf()
    answer, taken = patch(shelf, 100, hang_up=hang_up)
    assert (answer["status"], taken) == (204, 100)
    offset = 7
    for start, part in shelf.parts:
        assert start == offset
        assert len(part) < PART_BYTES + len(BLOCK)
        offset += len(part)
    assert shelf.parts[0] == (7, b"")
    assert len(shelf.parts) == 1 + -(-100 * len(BLOCK) // PART_BYTES)
    assert b"".join(part for _, part in shelf.parts) == BLOCK * 100


def test_after_a_refusal_nothing_more_is_taken():
    answer, taken = patch(Shelf(enough=PART_BYTES), 1000)
    assert answer["status"] == 409
    assert taken == 2 * PART_BYTES // len(BLOCK)


@pytest.mark.django_db(transaction=True)
def test_whoever_may_not_send_is_told_before_a_byte_is_taken():
    answer, taken = patch(get_asgi_application(), 1000)
    assert (answer["status"], taken) == (401, 0)
