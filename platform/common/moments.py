"""Points in time that people and programs name: only those with one reading are taken."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from common.errors import FieldError, Invalid

_DAY_AND_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_LOCAL = re.compile(_DAY_AND_TIME)
# A plus that was not percent-encoded in an address has become a blank.
_ZONED = re.compile(rf"({_DAY_AND_TIME})(Z|[+\- ]\d\d:?\d\d)")
_AT = "/at"


def past_moment(text: str) -> datetime:
    """Return an ISO 8601 time with its zone, in UTC; raises `Invalid` (`/at`).

    A time without a zone has two readings, and what comes is not known yet: both are refused.
    """
    found = _ZONED.fullmatch(text)
    if found is None:
        if _LOCAL.fullmatch(text):
            raise _refused(
                "no_time_zone",
                f"{text} is another moment in each time zone: add Z for UTC, or an offset as "
                "+02:00.",
            )
        raise _not_understood(text)
    zone = found[2].replace(" ", "+")
    try:
        moment = datetime.fromisoformat(f"{found[1]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _not_understood(text) from error
    return _that_has_come(moment)


def past_moment_in(text: str, zone_name: str) -> datetime:
    """Return the moment when clocks in a zone (`Europe/Berlin`) showed this time, in UTC.

    Raises `Invalid` (`/at`, `/zone`), also where clocks were changed and showed it twice or never.
    """
    # Two of them are whatever the machine that serves has, or nothing.
    if zone_name not in available_timezones() - {"localtime", "Factory"}:
        detail = f"There is no time zone {zone_name[:60]!r}; names are as UTC or Europe/Berlin."
        raise Invalid(detail, errors=[FieldError("/zone", "unknown_time_zone", detail)])
    if not _LOCAL.fullmatch(text):
        raise _not_understood(text)
    zone = ZoneInfo(zone_name)
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=zone)
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError) as error:
        raise _not_understood(text) from error
    shown = text.replace("T", " ")
    if first > second:
        raise _refused(
            "no_such_time", f"Clocks in {zone_name} were put forward over {shown}: it never was."
        )
    if first < second:
        raise _refused(
            "time_was_twice",
            f"Clocks in {zone_name} showed {shown} twice, as they were put back: at "
            f"{first:%H:%M} UTC and at {second:%H:%M} UTC. Give the time in UTC.",
        )
    return _that_has_come(first)


def _that_has_come(moment: datetime) -> datetime:
    now = timezone.now()
    if moment > now:
        raise _refused(
            "in_the_future",
            f"{moment:%Y-%m-%d %H:%M:%S} UTC has not come yet: it is {now:%Y-%m-%d %H:%M:%S} UTC.",
        )
    return moment


def _not_understood(text: str) -> Invalid:
    return _refused(
        "invalid",
        "A time is written as 2026-05-03T12:00 with its time zone, as Z or +02:00; received "
        f"{text[:40]!r}.",
    )


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(_AT, code, detail)])
