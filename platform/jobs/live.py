"""Following one job's live stream, for as many readers as there are open pages.

A reader holds a Redis connection while it waits, and no thread's attention and no Postgres
connection: those are scarce.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from redis import asyncio as redis
from redis.exceptions import RedisError

from jobs.events import stream_key
from jobs.models import TERMINAL, Job, Status
from jobs.selectors.shape import describe

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")
WAIT_SECONDS = 5
# How long a right that has been taken away still counts, and up to WAIT_SECONDS more.
CHECK_SECONDS = 8
BATCH = 500
# An id of the Redis stream, and a time behind a dot for what was read from Postgres after it.
EVENT_ID = re.compile(r"^(\d{1,19}-\d{1,19})(\.\d{1,19})?$")


class Event(NamedTuple):
    """One event of the stream; `id` is what a reader sends back to resume after it."""

    id: str
    name: str
    data: dict[str, Any]


async def follow(
    job_id: UUID, last_event_id: str = "", *, may_follow: Callable[[], bool]
) -> AsyncIterator[Event | None]:
    """Yield what has happened since `last_event_id` (or ever), then live, until the job has ended.

    None means that nothing happened for a while. Where Redis does not answer, the state in
    Postgres is told instead. `may_follow` is asked again and again (it may use the database): soon
    after it says no, the stream ends.
    """
    checked_at = time.monotonic()
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=WAIT_SECONDS + 5, decode_responses=True
    )
    try:
        async for event in _follow(client, job_id, last_event_id):
            if time.monotonic() - checked_at > CHECK_SECONDS:
                if not await sync_to_async(_with_connection)(may_follow):
                    return
                checked_at = time.monotonic()
            yield event
    finally:
        await client.aclose()


async def _follow(
    client: redis.Redis, job_id: UUID, last_event_id: str
) -> AsyncIterator[Event | None]:
    known = EVENT_ID.match(last_event_id)
    position = known[1] if known else "0-0"
    past, progress, position = await _read_past(client, job_id, position)
    for event in past:
        yield event
    told = None
    while True:
        job = await sync_to_async(_with_connection)(lambda: _snapshot(job_id))
        if job is None:
            return
        if told != _state(job):
            told = _state(job)
            # While it runs, the stream is ahead of Postgres by up to two seconds.
            running = job["status"] == Status.RUNNING
            latest = progress if running and progress else job["progress"]
            yield Event(_id_after(position), "progress", latest)
            yield Event(_id_after(position), "status", job)
            progress = None
        else:
            yield None
        if job["status"] in TERMINAL:
            return
        waiting = True
        while waiting:
            live = await _read_live(client, job_id, position)
            waiting = bool(live)
            for event in live:
                position = event.id
                yield event
                if event.name == "status":
                    told = _state(event.data)
                    if event.data["status"] in TERMINAL:
                        return


def _id_after(position: str) -> str:
    """Return an id of its own: a browser gives an event without one the id of the last event."""
    return f"{position}.{time.time_ns()}"


def _state(job: dict[str, Any]) -> tuple[Any, ...]:
    return job["status"], job["attempts"], job["cancel_requested_at"]


async def _read_past(
    client: redis.Redis, job_id: UUID, position: str
) -> tuple[list[Event], dict[str, Any] | None, str]:
    """Return epochs and log lines after `position`, the latest progress, and the id to go on from.

    Older progress and states are left out: the next thing told is how things stand.
    """
    past: list[Event] = []
    progress: dict[str, Any] | None = None
    try:
        for event_id, fields in await _answer(
            client.xrange(stream_key(job_id), min=f"({position}")
        ):
            position = event_id
            if fields["event"] == "progress":
                progress = json.loads(fields["data"])
            elif fields["event"] != "status":
                past.append(_event(event_id, fields))
    except RedisError:
        logger.warning("the past of job %s is not told, Redis does not answer", job_id)
    return past, progress, position


async def _read_live(client: redis.Redis, job_id: UUID, position: str) -> list[Event]:
    """Wait for events after `position`; an empty list after a while without any."""
    try:
        answer = await _answer(
            client.xread({stream_key(job_id): position}, count=BATCH, block=WAIT_SECONDS * 1000)
        )
    except RedisError:
        await asyncio.sleep(WAIT_SECONDS)
        return []
    return [_event(event_id, fields) for _, events in answer for event_id, fields in events]


async def _answer(call: Any) -> Any:
    """Wait for a Redis call; its declared types cover every protocol, ours is one of them."""
    return await call


def _event(event_id: str, fields: dict[str, str]) -> Event:
    return Event(event_id, fields["event"], json.loads(fields["data"]))


def _snapshot(job_id: UUID) -> dict[str, Any] | None:
    job = Job.objects.filter(pk=job_id).first()
    return describe(job) if job else None


def _with_connection(read: Callable[[], Answer]) -> Answer:
    """Return what `read` returns, and give the Postgres connection back at once."""
    try:
        return read()
    finally:
        connection.close()
