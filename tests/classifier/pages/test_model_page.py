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
    version = factories.make_model_version(run)
    url = f"/models/{version.model_id}/"
    change = AliasChange.objects.get(model=version.model)
    after = change.created_at + timedelta(minutes=1)
    # A picker gives minutes: the change may lie in this one or in the one before.
    AliasChange.objects.bulk_create(
        AliasChange(
            model=version.model, number=2 + number, alias="nightly", version_number=1,
            created_at=after, reason=f"night {number}",
        )
        for number in range(60)
    )  # fmt: skip
    page = text_of(page_client.get(url))
    assert 'type="datetime-local"' in page
    assert "night 59" in page
    assert "night 34" not in page, "a page of the history has 25 changes"
    assert f"{url}?upto=36" in page or "?upto=36" in page
    older = text_of(page_client.get(url, {"upto": "36"}))
    assert "night 34" in older
    assert "?upto=61" in older
    first = text_of(page_client.get(url, {"upto": "11"}))
    assert "Made by a test." in first

    early = change.created_at - timedelta(days=400)
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
