"""Tags and notes on versions, which themselves never change."""

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.services.sharing import accept_share, offer_share
from classifier.models import ModelVersion, VersionNote
from classifier.registry.services.note_version import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from tests import factories


def test_a_version_is_tagged_and_noted(api, user, make_line):
    first, _ = make_line(user, 2)
    url = f"/api/v1/model-versions/{first.pk}/"
    shown = api.get(url).json()
    assert (shown["tags"], shown["note"]) == ([], "")
    said = api.patch(url, {"tags": [" Night  camera ", "night camera", "A"], "note": "Blurs\nat 3"})
    assert (said.json()["tags"], said.json()["note"]) == (["a", "night camera"], "Blurs\nat 3")
    assert api.patch(url, {"note": ""}).json()["tags"] == ["a", "night camera"]
    assert ModelVersion.objects.get(pk=first.pk).files == first.files
    entries = AuditEntry.objects.filter(action="model_version.note", object_id=str(first.pk))
    assert [entry.detail for entry in entries.order_by("created_at")] == [
        {"tags": ["a", "night camera"], "note": "Blurs\nat 3"},
        {"note": ""},
    ]

    versions = f"/api/v1/models/{first.model_id}/versions/"
    [found] = api.get(versions, {"tag": "NIGHT camera"}).json()["results"]
    assert found["number"] == 1
    assert api.get(versions, {"tag": "night"}).json()["results"] == []
    assert [each["id"] for each in api.get("/api/v1/models/", {"tag": "a"}).json()["results"]] == [
        str(first.model_id)
    ]
    assert api.get("/api/v1/models/", {"tag": "b"}).json()["results"] == []
    assert api.get(versions, {"tag": ""}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"tags": [f"t{number}" for number in range(MOST_TAGS + 1)]},
        {"tags": ["x" * (LONGEST_TAG + 1)]},
        {"tags": [" "]},
        {"tags": ["a,b"]},
        {"tags": ["a\u202eb"]},
        {"note": "x" * (LONGEST_NOTE + 1)},
        {"note": "a\u202eb"},
        {"number": 7},
    ],
)
def test_what_cannot_be_said_of_a_version(api, user, make_line, body):
    [version] = make_line(user, 1)
    answer = api.patch(f"/api/v1/model-versions/{version.pk}/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(body))}")


def test_the_pages_show_and_narrow_by_tags(page_client, user, make_line):
    first, second = make_line(user, 2)
    url = f"/model-versions/{first.pk}/"
    assert "Manage" in page_client.get(url).content.decode()
    answer = page_client.post(
        f"{url}settings/", {"tags": "Night camera, <b>", "note": "Blurs at 3"}, follow=True
    )
    assert "Saved." in answer.content.decode()
    assert "&lt;b&gt;, night camera" in answer.content.decode()
    page = page_client.get(url).content.decode()
    assert "Blurs at 3" in page
    assert "?tag=night%20camera" in page
    listed = page_client.get(f"/models/{first.model_id}/?tag=night%20camera").content.decode()
    assert f"/model-versions/{first.pk}/" in listed
    assert f'<a class="row-link" href="/model-versions/{second.pk}/">' not in listed
    assert first.model.name in page_client.get("/models/?tag=night%20camera").content.decode()
    assert page_client.get("/models/?tag=%00").status_code == 200
    assert "No model has a version tagged" in page_client.get("/models/?tag=x").content.decode()
    assert "tag-typed" not in listed
    VersionNote.objects.create(model_version=second, tags=[f"t{n:02}" for n in range(20)])
    many = page_client.get(f"/models/{first.model_id}/?tag=t19").content.decode()
    assert "tag-typed" in many, "of many tags any can be typed"
    assert many.count('aria-current="true">t19</a>') == 1
    refused = page_client.post(f"{url}settings/", {"tags": "a\u202eb", "note": ""})
    assert (refused.status_code, "can be seen" in refused.content.decode()) == (422, True)


def test_who_a_model_is_shared_with_cannot_probe_its_tags(user, make_line):
    [version] = make_line(user, 1)
    VersionNote.objects.create(model_version=version, tags=["bad"])
    reader = factories.make_user()
    offer = offer_share(
        user=user,
        subject=version.model.subject,
        receiver=reader.personal_organization.slug,
        may_copy=False,
    )
    accept_share(user=reader, share=offer)
    client = APIClient()
    client.force_authenticate(reader)
    there = f"/api/v1/models/{version.model_id}/versions/"
    assert len(client.get(there).json()["results"]) == 1
    for url in (there, "/api/v1/models/"):
        assert client.get(url, {"tag": "bad"}).json()["results"] == []
