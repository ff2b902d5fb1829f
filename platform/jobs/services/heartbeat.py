"""A sign of life of the clock: when Celery beat and its worker last came round."""

import logging

import redis

from jobs import events

logger = logging.getLogger(__name__)
KEY = "loupe:jobs:beat"
KEPT_SECONDS = 24 * 3600


def beat() -> None:
    """Note, by Redis's own clock, that the clock comes round; without Redis nothing is noted."""
    try:
        client = events.client()
        client.set(KEY, _now(client), ex=KEPT_SECONDS)
    except redis.RedisError as error:
        logger.debug("the clock's sign of life is not noted: %s", error)


def seconds_since_beat() -> float | None:
    """Return how long ago that was; None: not within a day. Raises `redis.RedisError`."""
    client = events.client()
    noted = client.get(KEY)
    return None if noted is None else max(0.0, _now(client) - float(str(noted)))


def _now(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return seconds + microseconds / 1e6
