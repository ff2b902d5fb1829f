"""The live stream of one job: a Redis stream that pages follow and that survives a reload.

Postgres holds the truth; what is lost here (Redis flushed) costs liveliness, never a result.
"""

import json
import logging
from functools import cache
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
MAX_EVENTS = 5000
KEEP_SECONDS = 7 * 24 * 3600


def stream_key(job_id: UUID | str) -> str:
    """Return the name of the job's Redis stream."""
    return f"loupe:job:{job_id}:events"


@cache
def client() -> redis.Redis:
    """Return this process's Redis client; it reconnects by itself and never waits long."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
    )


def publish(job_id: UUID | str, events: list[tuple[str, dict[str, Any]]]) -> None:
    """Append `(name, data)` events to the job's stream. Redis being away is logged, no more."""
    if not events:
        return
    key = stream_key(job_id)
    try:
        pipe = client().pipeline(transaction=False)
        for name, data in events:
            fields: dict[Any, Any] = {"event": name, "data": json.dumps(data)}
            pipe.xadd(key, fields, maxlen=MAX_EVENTS, approximate=True)
        pipe.expire(key, KEEP_SECONDS)
        pipe.execute()
    except redis.RedisError as error:
        logger.warning("live events of job %s are lost, Redis does not answer: %s", job_id, error)
