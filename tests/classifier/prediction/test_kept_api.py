"""Kept predictions, feedback and the switch, as the API shows them."""

import pytest

from accounts.roles import Role
from classifier.models import KeptPrediction
from storage import durable
from tests import factories
from tests.classifier.kept import keep_on, make_kept, make_prediction

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


def listed(api, query: str = "") -> list[str]:
    answer = api.get(f"/api/v1/predictions/{query}")
    assert answer.status_code == 200, answer.data
    return [each["id"] for each in answer.data["results"]]


def test_the_switch(api, user):
    own = user.personal_organization
    address = f"/api/v1/organizations/{own.slug}/prediction-keeping/"
    before = api.get(address).data
    assert (before["enabled"], before["days"], before["kept"]["predictions"]) == (False, None, 0)
    for body, pointer in (
        ({"enabled": True}, "/days"),
        ({"enabled": True, "days": 3, "max_bytes": 1 << 20, "what_is_there": "delete"},
         "/what_is_there"),
        ({"enabled": False, "days": 3}, "/days"),
        ({"enabled": True, "days": 0, "max_bytes": 1 << 20}, "/days"),
    ):  # fmt: skip
        refused = api.put(address, body, format="json")
        assert refused.status_code == 400
        assert pointer in {each["pointer"] for each in refused.json()["errors"]}
    on = api.put(address, {"enabled": True, "days": 30, "max_bytes": 1 << 20}, format="json")
    assert (on.data["enabled"], on.data["days"], on.data["max_bytes"]) == (True, 30, 1 << 20)
    assert on.data["changed_by"] == user.username
    assert api.put(address, {"enabled": False}, format="json").data["enabled"] is False


def test_lists_know_their_filters_and_refuse_others(api, user, version):
    sure = make_kept(user, version, "cat", 0.9, "accept")
    unsure = make_kept(user, version, "dog", 0.4, "review")
    bare = make_kept(user, version, "dog", 0.6)
    make_kept(user, version, age_days=31)
    make_prediction(user, version)
    give(api, sure, "cat")
    give(api, unsure, "cat")
    both, model = [str(each.prediction_id) for each in (unsure, sure)], version.model_id
    assert listed(api) == [str(bare.prediction_id), *both]
    assert listed(api, "?class_name=cat") == both[1:]
    assert listed(api, "?decision=review") == both[:1]
    assert listed(api, "?decision=none") == [str(bare.prediction_id)]
    assert listed(api, "?confidence_min=0.5&confidence_max=0.7") == [str(bare.prediction_id)]
    assert listed(api, "?feedback=correct") == both[1:]
    assert listed(api, "?feedback=wrong") == both[:1]
    assert listed(api, "?feedback=none") == [str(bare.prediction_id)]
    assert len(listed(api, f"?model={model}&version={version.number}")) == 3
    assert listed(api, f"?model={model}&version=9") == []
    assert listed(api, "?until=2020-01-01T00:00:00Z") == []
    assert listed(api, "?until=0937-11-06T17:09:24%2B18:53") == [], "an offset Postgres refuses"
    assert listed(api, "?organization=elsewhere") == []
    for wrong in (
        "?version=1.5",
        "?version=0",
        "?class=cat",
        "?decision=maybe",
        "?confidence_min=high",
    ):
        assert api.get(f"/api/v1/predictions/?{wrong}").status_code == 400


def give(api, kept: KeptPrediction, class_name: str, **more):
    return api.post(
        f"/api/v1/predictions/{kept.prediction_id}/feedback/",
        {"class_name": class_name, **more},
        format="json",
    )


def test_a_list_of_many_asks_no_more_than_one_of_few(
    api, user, version, django_assert_max_num_queries
):
    for number in range(12):
        kept = make_kept(user, version)
        if number % 2:
            give(api, kept, "cat")
    with django_assert_max_num_queries(8):
        assert len(listed(api)) == 12


def test_one_prediction_with_its_image(api, user, version):
    kept = make_kept(user, version, "cat", 0.9, "accept")
    address = f"/api/v1/predictions/{kept.prediction_id}/"
    shown = api.get(address).data
    assert (shown["organization"], shown["version"], shown["decision"]) == (
        user.personal_organization.slug, version.number, "accept",
    )  # fmt: skip
    assert shown["classes"][0] == {"class_name": "cat", "probability": 0.9}
    [image] = shown["images"]
    answer = api.get(image["file_url"])
    assert answer.content == durable.read(kept.file_names[0])
    assert answer["Content-Type"] == "image/png"
    # What was deleted is shown no more: a browser asks each time.
    assert answer["Cache-Control"] == "private, no-cache"
    assert api.get(image["thumbnail_url"]).content == answer.content
    again = api.get(image["file_url"], headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert api.get(f"{address}images/1/").status_code == 404
    said = give(api, kept, "fox")
    assert said.status_code == 201
    assert (said.data["correct"], said.data["known"], said.data["source"]) == (False, False, "api")
    assert api.get(address).data["feedback"]["class_name"] == "fox"
    assert api.delete(f"{address}feedback/").status_code == 204
    assert api.get(address).data["feedback"] is None
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_what_is_not_kept_says_so_by_name(api, user, version):
    bare = make_prediction(user, version)
    address = f"/api/v1/predictions/{bare.pk}/"
    shown = api.get(address).data
    assert (shown["images"], shown["expires_at"]) == ([], None)
    calls = (
        api.post(f"{address}feedback/", {"class_name": "cat"}, format="json"),
        api.get(f"{address}explanation/"),
        api.get(f"{address}images/0/"),
    )
    for answer in calls:
        assert (answer.status_code, answer.json()["code"]) == (409, "not_kept")
        assert "keeps no predictions" in answer.json()["detail"]
    assert api.delete(address).status_code == 404


def test_many_are_deleted_at_once_or_none(api, user, version):
    own = user.personal_organization
    keep_on(own)
    ids = [str(make_kept(user, version).prediction_id) for _ in range(3)]
    address = "/api/v1/predictions/delete/"
    lost = "00000000-0000-0000-0000-000000000000"
    refused = api.post(address, {"predictions": [ids[0], lost]}, format="json")
    assert refused.status_code == 404
    assert len(listed(api)) == 3
    for body in ({}, {"all": True, "predictions": ids}, {"all": False}):
        assert api.post(address, body, format="json").status_code == 400
    assert api.post(address, {"predictions": ids[:2]}, format="json").data == {"deleted": 2}
    assert listed(api) == ids[2:]
    assert api.post(address, {"all": True}, format="json").data == {"deleted": 1}
    assert listed(api) == []
    assert api.get(f"/api/v1/predictions/{ids[2]}/").status_code == 404


def test_others_get_nothing_also_the_owner_of_the_model(api, user, version):
    asker = factories.make_user()
    kept = make_kept(asker, version)
    assert listed(api) == []
    for end in ("", "images/0/", "images/0/thumbnail/", "explanation/"):
        answer = api.get(f"/api/v1/predictions/{kept.prediction_id}/{end}")
        assert answer.status_code == 404
    factories.Membership.objects.create(
        organization=asker.personal_organization, user=user, role=Role.VIEWER
    )
    assert listed(api) == [str(kept.prediction_id)]
    assert give(api, kept, "cat").status_code == 403
