"""Times that people and programs name: one reading, or none."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from common.errors import Invalid
from common.moments import past_moment, past_moment_in

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-03T12:00Z",
        "2026-05-03T12:00:00.000Z",
        "2026-05-03 14:00+02:00",
        "2026-05-03T14:00 02:00",
        "2026-05-03T07:00:00-0500",
    ],
)
def test_a_time_with_its_zone_is_one_moment(text):
    assert past_moment(text) == NOON


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("2026-05-03T12:00", "no_time_zone", "add Z for UTC"),
        ("2026-05-03", "invalid", "received '2026-05-03'"),
        ("2026-02-30T12:00Z", "invalid", "2026-02-30T12:00Z"),
        ("0001-01-01T00:00+14:00", "invalid", "0001"),
        ("yesterday", "invalid", "'yesterday'"),
        ("2026-05-03T12:00Z\n", "invalid", "received"),
        ("9999-12-31T23:59Z", "in_the_future", "has not come yet"),
    ],
)
def test_what_has_two_readings_or_none_is_refused_by_name(text, code, words):
    with pytest.raises(Invalid) as refused:
        past_moment(text)
    assert refused.value.errors[0].code == code
    assert words in refused.value.detail


def test_the_time_of_a_clock_in_a_zone():
    assert past_moment_in("2026-05-03T14:00", "Europe/Berlin") == NOON
    for text, zone, code in (
        ("2026-03-29T02:30", "Europe/Berlin", "no_such_time"),
        ("2025-10-26T02:30", "Europe/Berlin", "time_was_twice"),
        ("2026-05-03T12:00", "Mars/Olympus", "unknown_time_zone"),
        ("2026-05-03T12:00Z", "UTC", "invalid"),
        (f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}", "UTC", "in_the_future"),
    ):
        with pytest.raises(Invalid) as refused:
            past_moment_in(text, zone)
        assert refused.value.errors[0].code == code, text
    with pytest.raises(Invalid, match="00:30 UTC and at 01:30 UTC"):
        past_moment_in("2025-10-26T02:30", "Europe/Berlin")


def test_zones_are_known_by_the_names_that_browsers_say():
    """Also where the machine's own list lacks the older ones; its `localtime` is no one's zone."""
    for zone in ("Asia/Calcutta", "Europe/Kiev", "America/Buenos_Aires", "UTC"):
        past_moment_in("2026-05-03T14:00", zone)
    for zone in ("localtime", "Factory", "../etc/passwd"):
        with pytest.raises(Invalid, match="There is no time zone"):
            past_moment_in("2026-05-03T14:00", zone)
