import asyncio
import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application

from common.body_limit import BodyLimitMiddleware

PART = bytes(1 << 16)


def call(path: str, parts: int, declared: int | None = None) -> tuple[int, dict, int]:
    """Send `parts` blocks of 64 KiB; return status, body and how many were taken."""
    taken = 0
    sent: list[dict] = []

    async def receive():
        nonlocal taken
        if taken == parts:  # the whole body is there: the client waits for the answer
            await asyncio.sleep(3600)
        taken += 1
        return {"type": "http.request", "body": PART, "more_body": taken < parts}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/octet-stream")]
    if declared is not None:
        headers.append((b"content-length", str(declared).encode()))
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    application = BodyLimitMiddleware(get_asgi_application())
    # A thread of its own: Playwright, in other tests, keeps an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(application(scope, receive, send))).result()
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body or b"{}"), taken


def spooled() -> list:
    return list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


@pytest.mark.django_db(transaction=True)
def test_a_body_past_the_cap_is_413_before_anyone_is_asked_who_they_are(settings):
    settings.REQUEST_MAX_BYTES = 10 * len(PART)
    status, body, taken = call("/api/v1/datasets/", parts=1000)
    assert (status, body["code"]) == (413, "too_large")
    assert taken == 11
    assert spooled() == []
    status, body, _ = call("/api/v1/datasets/", parts=10)
    assert status == 401


@pytest.mark.django_db(transaction=True)
def test_a_declared_length_past_the_cap_is_refused_unread(settings):
    settings.REQUEST_MAX_BYTES = 1000
    status, _, taken = call("/api/v1/datasets/", parts=1, declared=1001)
    assert (status, taken) == (413, 0)


@pytest.mark.django_db(transaction=True)
def test_archives_have_a_cap_of_their_own_and_memory_stays_flat(settings):
    settings.REQUEST_MAX_BYTES = 1000
    settings.ARCHIVE_MAX_BYTES = 64 * len(PART)
    path = "/api/v1/datasets/00000000-0000-4000-8000-000000000000/imports/"
    tracemalloc.start()
    status, _, taken = call(path, parts=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (status, taken) == (413, 64 + 16 + 1)
    assert peak < 4 << 20
    assert spooled() == []
    status, _, _ = call(path, parts=64)
    assert status == 401
