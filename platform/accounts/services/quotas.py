"""Let pass what is within a quota, and refuse the rest: of N + 50 at once exactly N pass.

What is stored is counted in its tables under a lock (docs/adr/0013); what passes within an hour is
counted in Redis, in one step with the question whether it may.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts import hourly
from accounts.errors import QuotaExceeded, RateExceeded
from accounts.models import Organization, User
from accounts.quotas import PersonalQuota, Quota
from accounts.selectors.usage import (
    Usage,
    allowed_for,
    personal_usage,
    predictions_key,
    used_of,
)

_ASK = "Delete what is not needed, or ask the operator of this Loupe for more."
_HINTS = {
    Quota.BYTES: f"{_ASK} What is in the trash counts until it is purged.",
    Quota.IMAGES: f"{_ASK} What is in the trash counts until it is purged.",
    Quota.DATASETS: f"{_ASK} What is in the trash counts until it is purged.",
    Quota.JOBS: "Wait until some have ended, or cancel what is not needed.",
}


class _Words(NamedTuple):
    """How a refusal speaks of a quota: of one thing, of several."""

    one: str
    many: str


_WORDS = {
    Quota.IMAGES: _Words("image", "images"),
    Quota.DATASETS: _Words("dataset", "datasets"),
    Quota.JOBS: _Words("job that runs or waits", "jobs that run or wait"),
    PersonalQuota.ORGANIZATIONS: _Words("organization", "organizations"),
    PersonalQuota.TOKENS: _Words("token", "tokens"),
}


def take(*, organization: Organization, amounts: Mapping[Quota, int]) -> None:
    """Return when the organization may have these amounts more, in the caller's transaction.

    Call it right before the rows are written: others who ask for the same quota wait until the
    transaction has ended. Raises `QuotaExceeded` with what is used and allowed.
    """
    for quota in sorted(amounts):
        allowed = allowed_for(organization, quota)
        if amounts[quota] > 0 and allowed is not None:
            _lock(quota.value, organization.pk)
            usage = Usage(used_of(organization, quota), allowed)
            _check(organization.name, quota, usage, amounts[quota], _HINTS[quota])


def require_room(*, organization: Organization, quotas: Sequence[Quota]) -> None:
    """Refuse early what could not be kept: raises `QuotaExceeded` where one of them is used up.

    Locks nothing, so it may pass what `take` refuses later.
    """
    for quota in quotas:
        allowed = allowed_for(organization, quota)
        if allowed is not None:
            usage = Usage(used_of(organization, quota), allowed)
            _check(organization.name, quota, usage, 1, _HINTS[quota])


def take_personal(*, user: User, quota: PersonalQuota) -> None:
    """Return when a person may have one more, in the caller's transaction, as `take` does."""
    _lock(quota.value, user.pk)
    usage = personal_usage(user, quota)
    hint = "End one of them first, or ask the operator of this Loupe for more."
    _check(user.get_username(), quota, usage, 1, hint)


def take_predictions(*, organization: Organization, amount: int) -> None:
    """Count predictions of this hour.

    Raises `RateExceeded` when not all of them fit, `redis.RedisError` when Redis does not answer.
    """
    allowed = allowed_for(organization, Quota.PREDICTIONS)
    if allowed is None:
        return
    taken = hourly.take(predictions_key(organization), amount, allowed)
    if not taken.passed:
        minutes = -(-taken.wait_seconds // 60)
        raise RateExceeded(
            f"{organization.name} may have {allowed:,} predictions an hour; it has had "
            f"{taken.used:,}, and this asks for {amount:,} more.",
            retry_after_seconds=taken.wait_seconds,
            hint=f"Ask again in {minutes} minute{'s' if minutes > 1 else ''}, or ask the "
            "operator of this Loupe for more.",
        )


def give_back_predictions(*, organization: Organization, amount: int) -> None:
    """Take predictions off the count that were not answered; raises `redis.RedisError`."""
    if allowed_for(organization, Quota.PREDICTIONS) is not None:
        hourly.give_back(predictions_key(organization), amount)


def _check(name: str, quota: Quota | PersonalQuota, usage: Usage, amount: int, hint: str) -> None:
    if usage.allowed is None or usage.used + amount <= usage.allowed:
        return
    if quota is Quota.BYTES:
        allowed, used, more = (
            f"{number:,} bytes ({quota.shown(number)})"
            for number in (usage.allowed, usage.used, amount)
        )
    else:
        allowed = f"{usage.allowed:,} {_WORDS[quota][usage.allowed != 1]}"
        used, more = f"{usage.used:,}", f"{amount:,}"
    raise QuotaExceeded(
        f"{name} may have {allowed}; there are {used}, and this would be {more} more.", hint=hint
    )


def _lock(quota: str, owner: UUID) -> None:
    """Wait for others who take of the same quota for the same organization or person."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)",
            [_number(f"loupe.quota.{quota}"), _number(str(owner))],
        )


def _number(text: str) -> int:
    """Return a signed number of 32 bits."""
    return zlib.crc32(text.encode()) - (1 << 31)
