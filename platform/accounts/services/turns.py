"""How often a person may ask for something within an hour."""

import redis

from accounts import hourly
from accounts.errors import RateExceeded
from accounts.models import User
from common.errors import Unavailable


def take_turn(*, user: User, name: str, what: str, allowed: int) -> None:
    """Count one of `what` (in the plural) that the person asks for in this hour.

    `name` is what Redis counts it under. Raises `RateExceeded`, and `Unavailable` where Redis does
    not answer.
    """
    try:
        taken = hourly.take(f"loupe:turns:{name}:{user.pk}", 1, allowed)
    except redis.RedisError as error:
        raise Unavailable(f"Redis, which counts {what}, does not answer.") from error
    if not taken.passed:
        raise RateExceeded(
            f"A person may ask for {allowed} {what} an hour; you have asked for {taken.used}.",
            retry_after_seconds=taken.wait_seconds,
        )
