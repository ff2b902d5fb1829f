import asyncio
import json
import shutil
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from common.body_length import BodyLengthHandler
from common.body_limit import BodyLimitMiddleware

PART = bytes(1 << 16)


def call(
    path: str,
    parts: int,
    declared: int | None = None,
    person: str | None = "person:1",
    wait=0.0,
    more=(),
) -> tuple[int, dict, int]:
    """Send `parts` blocks of 64 KiB; return status, body and how many were taken."""
    taken = 0
    sent: list[dict] = []

    async def receive():
        nonlocal taken
        if taken == parts:  # the whole body is there: the client waits for the answer
            await asyncio.sleep(3600)
        taken += 1
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": PART, "more_body": taken < parts}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/octet-stream"), *more]
    if declared is not None:
        headers.append((b"content-length", str(declared).encode()))
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
        "loupe.person": person,
    }  # fmt: skip
    application = BodyLimitMiddleware(BodyLengthHandler())
    # A thread of its own: Playwright, in other tests, keeps an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(application(scope, receive, send))).result()
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body or b"{}"), taken


def test_a_length_and_chunks_are_two_readings(settings):
    """A proxy might take the one, and Loupe the other."""
    status, body, taken = call(
        "/api/v1/datasets/", parts=1, declared=10, more=[(b"transfer-encoding", b"chunked")]
    )
    assert (status, body["code"], taken) == (400, "ambiguous_length", 0)


def spooled() -> list:
    return list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


@pytest.mark.django_db(transaction=True)
def test_a_body_past_the_cap_is_413_while_it_streams_in(settings):
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


@pytest.mark.django_db(transaction=True)
def test_a_stranger_spools_nothing_large(settings):
    """Neither told beforehand nor found while it streams in; a small form still gets through."""
    settings.ANONYMOUS_MAX_BYTES = 4 * len(PART)
    path = "/api/v1/datasets/00000000-0000-4000-8000-000000000000/imports/"
    status, body, taken = call(path, parts=1000, person=None)
    assert (status, body["code"], taken) == (401, "not_authenticated", 5)
    assert "up to 262,144 bytes" in body["detail"]
    status, _, taken = call(path, parts=1, declared=2 << 30, person=None)
    assert (status, taken) == (401, 0)
    assert spooled() == []
    assert call("/api/v1/datasets/", parts=3, person=None)[2] == 3


@pytest.mark.django_db(transaction=True)
def test_a_floor_of_free_disk_stays_free(settings):
    settings.FREE_DISK_BYTES = shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free - (64 << 20)
    path = "/api/v1/datasets/00000000-0000-4000-8000-000000000000/imports/"
    status, body, taken = call(path, parts=1, declared=40 << 20)
    assert (status, body["code"], taken) == (507, "disk_full", 0)
    settings.FREE_DISK_BYTES = 1 << 60
    status, body, taken = call(path, parts=10_000)
    assert (status, body["code"]) == (507, "disk_full")
    assert taken * len(PART) <= 17 << 20
    assert spooled() == []
    # What stays in memory needs no disk.
    assert call("/api/v1/datasets/", parts=2)[0] == 401


@pytest.mark.django_db(transaction=True)
def test_a_body_that_dribbles_is_408(settings):
    settings.REQUEST_MIN_BYTES_PER_SECOND, settings.REQUEST_GRACE_SECONDS = 64 << 20, 0.2
    started = time.monotonic()
    status, body, taken = call("/api/v1/datasets/", parts=1000, wait=0.05)
    assert (status, body["code"]) == (408, "too_slow")
    assert taken < 10
    assert time.monotonic() - started < 10
    assert spooled() == []


@pytest.mark.django_db(transaction=True)
def test_a_large_body_is_spooled_where_the_disk_is_watched(settings, monkeypatch):
    seen = []
    whole = BodyLengthHandler.read_body

    async def read_body(self, receive):
        body_file = await whole(self, receive)
        seen.append(Path(f"/proc/self/fd/{body_file.fileno()}").readlink())
        return body_file

    monkeypatch.setattr(BodyLengthHandler, "read_body", read_body)
    call("/api/v1/datasets/", parts=64)
    assert seen[0].parent == Path(settings.FILE_UPLOAD_TEMP_DIR)
