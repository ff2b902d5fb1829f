"""Counts of an hour, or of a shorter time, in Redis; it begins with the first that is counted.

Where Redis has lost its memory a count begins again: it bounds a load, it is not a bill.
"""

from functools import cache
from typing import NamedTuple

import redis
from django.conf import settings

HOUR = 3600
# Adds to the count if all of it fits; answers whether it did, the count, and the milliseconds until
# the hour is over. One step, so that parallel requests get exactly what is allowed.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local fits = used + tonumber(ARGV[1]) <= tonumber(ARGV[2])
if fits then
    used = redis.call('INCRBY', KEYS[1], ARGV[1])
    if redis.call('PTTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
end
return {fits and 1 or 0, used, redis.call('PTTL', KEYS[1])}
"""
# A count that is gone stays so: without an end it would stay for ever.
_GIVE_BACK = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECRBY', KEYS[1], ARGV[1]) end
"""


class Taken(NamedTuple):
    """Whether it was counted, the count, and the seconds until the time is over (at least 1)."""

    passed: bool
    used: int
    wait_seconds: int


def take(key: str, amount: int, allowed: int, *, seconds: int = HOUR) -> Taken:
    """Count `amount` more if that stays within `allowed` in so many seconds.

    Raises `redis.RedisError`.
    """
    passed, used, left_ms = _client().eval(_TAKE, 1, key, amount, allowed, seconds)
    left = min(seconds, -(-left_ms // 1000)) if left_ms > 0 else seconds
    return Taken(bool(passed), int(used), left)


def give_back(key: str, amount: int) -> None:
    """Take off the count what was not done; raises `redis.RedisError`."""
    _client().eval(_GIVE_BACK, 1, key, amount)


def used(key: str) -> int:
    """Return the count of the hour that runs; 0 where Redis does not answer."""
    try:
        return max(0, int(_client().get(key) or 0))
    except redis.RedisError:
        return 0


def seconds_left(key: str) -> int:
    """Return after how many seconds the hour that runs is over; raises `redis.RedisError`."""
    left_ms = _client().pttl(key)
    return -(-left_ms // 1000) if left_ms > 0 else 1


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
