"""How often something may be asked for: by a person within an hour, by others within a minute."""

from collections.abc import Mapping

import redis

from accounts import hourly
from accounts.errors import RateExceeded
from accounts.models import User
from common.errors import Unavailable

_MINUTE = 60


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


def seconds_to_wait(*, what: str, allowed: Mapping[str, int]) -> int:
    """Count one of `what` of this minute under each of these names, which may have so many.

    Returns 0; or after how many seconds to ask again, and then counts nothing. Raises `Unavailable`
    where Redis does not answer.
    """
    counted: list[str] = []
    try:
        for name, most in allowed.items():
            key = f"loupe:minute:{name}"
            taken = hourly.take(key, 1, most, seconds=_MINUTE)
            if not taken.passed:
                for each in counted:
                    hourly.give_back(each, 1)
                return taken.wait_seconds
            counted.append(key)
    except redis.RedisError as error:
        raise Unavailable(f"Redis, which counts {what}, does not answer.") from error
    return 0
