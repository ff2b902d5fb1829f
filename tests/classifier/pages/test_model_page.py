"""A model's page: what was live at a time, and a history of many changes."""

from datetime import timedelta

from django.utils import timezone

from classifier.models import AliasChange
from tests import factories
from tests.classifier.trained import end_job


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_the_page_says_what_was_live_when(page_client, user):
    run = factories.make_run(user)
    end_job(run.job)
    version = factories.make_model_version(run, live=False)
    url = f"/models/{version.model_id}/"
    began = timezone.now() - timedelta(days=2)
    of_both = {"model": version.model, "version_number": 1}
    first = {"number": 1, "alias": "champion", "created_at": began, "reason": "Made by a test."}
    AliasChange.objects.create(**of_both, **first)
    AliasChange.objects.bulk_create(
        AliasChange(
            **of_both, number=2 + number, alias="nightly", reason=f"night {number}",
            created_at=began + timedelta(days=1),
        )
        for number in range(60)
    )  # fmt: skip
    page = text_of(page_client.get(url))
    assert 'type="datetime-local"' in page
    assert "night 59" in page
    assert "night 34" not in page, "a page of the history has 25 changes"
    assert "?upto=36#history" in page
    older = text_of(page_client.get(url, {"upto": "36"}))
    assert "night 34" in older
    assert "?upto=61" in older
    first = text_of(page_client.get(url, {"upto": "11"}))
    assert "Made by a test." in first
    for odd in ("123456789abc", "9" * 5000, "0", "-1", "99"):
        assert "night 59" in text_of(page_client.get(url, {"upto": odd})), odd[:20]

    for hours, words in ((12, ()), (36, ("nightly:",))):
        at = began + timedelta(hours=hours)
        told = text_of(page_client.get(url, {"at": f"{at:%Y-%m-%dT%H:%M}", "zone": "UTC"}))
        for word in (f"{at:%-d %B %Y, %H:%M} (UTC):", "</a> was live</strong>, since", *words):
            assert word in told
        assert ("nightly:" in told) == bool(words)
    early = began - timedelta(days=400)
    told = text_of(page_client.get(url, {"at": f"{early:%Y-%m-%dT%H:%M}", "zone": "Europe/Berlin"}))
    assert "Nothing was live" in told
    assert "(Europe/Berlin)" in told
    tomorrow = timezone.now() + timedelta(days=1)
    for at, zone, words in (
        (f"{tomorrow:%Y-%m-%dT%H:%M}", "UTC", "has not come yet"),
        ("2025-10-26T02:30", "Europe/Berlin", "twice"),
        ("x", "UTC", "A time is written as"),
        ("2026-05-03T12:00", "Mars", "There is no time zone"),
    ):
        assert words in text_of(page_client.get(url, {"at": at, "zone": zone})), at
