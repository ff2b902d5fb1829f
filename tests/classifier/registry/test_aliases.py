"""Aliases: what they may be called, how many there are, that they move and go."""

import pytest
from django.test import Client

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.models import AliasChange, ModelAlias
from classifier.registry.services.alias_names import check_alias_name
from classifier.registry.services.set_alias import MOST_ALIASES
from common.errors import Invalid
from tests import factories


@pytest.mark.parametrize(
    "name",
    [
        "champion",
        "challenger",
        "nightly",
        "eu-west_2",
        "companion",
        "x",
        "a" * 40,
        "canary-3",
        "challenger-eu",
    ],
)
def test_a_name_that_can_be(name):
    check_alias_name(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Champion", "like_champion"),
        ("CHALLENGER", "like_challenger"),
        ("champi0n", "like_champion"),
        ("charnpion", "like_champion"),
        ("champlon", "like_champion"),
        ("champions", "like_champion"),
        ("champoin", "like_champion"),
        ("cham-pion", "like_champion"),
        ("chalenger", "like_challenger"),
        ("chalenger-2", "like_challenger"),
        ("a" * 41, "max_length"),
        ("", "shape"),
        ("Nightly", "shape"),
        ("3", "shape"),
        ("-a", "shape"),
        ("a--b", "shape"),
        ("a b", "shape"),
        ("a\n", "shape"),
        ("ch\u0430mpion", "shape"),
        ("n\u200bightly", "shape"),
        ("live", "reserved"),
        ("latest", "reserved"),
        ("v3", "like_a_version"),
        ("version-12", "like_a_version"),
    ],
)
def test_a_name_that_would_deceive_is_refused(name, code):
    with pytest.raises(Invalid) as refused:
        check_alias_name(name)
    [fault] = refused.value.errors
    assert (fault.pointer, fault.code) == ("/alias", code)


def test_the_letter_that_only_looks_latin_is_named():
    with pytest.raises(Invalid, match=r"U\+0430 cyrillic small letter a"):
        check_alias_name("ch\u0430mpion")


def test_own_aliases_are_set_moved_and_removed(api, user, make_line):
    first, _ = make_line(user, 2)
    url = f"/api/v1/models/{first.model_id}/"
    for number in (1, 2, 2):
        answer = api.put(f"{url}aliases/nightly/", {"version": number, "reason": "tonight"})
        assert answer.status_code == 200, answer.json()
    assert api.put(f"{url}aliases/challenger/", {"version": 2}).status_code == 200
    assert api.get(url).json()["aliases"] == {"champion": 1, "challenger": 2, "nightly": 2}
    assert (
        api.put(f"{url}aliases/n%C3%AFghtly/", {"version": 2}).json()["errors"][0]["code"]
        == "shape"
    )
    alike = api.put(f"{url}aliases/night1y/", {"version": 2}).json()["errors"]
    assert [each["code"] for each in alike] == ["like_another"]
    assert api.delete(f"{url}aliases/nightly/").status_code == 204
    gone = api.delete(f"{url}aliases/nightly/")
    assert (gone.status_code, "champion" in gone.json()["detail"]) == (404, True)
    kept = api.delete(f"{url}aliases/champion/")
    assert (kept.status_code, kept.json()["code"]) == (409, "champion_stays")
    assert api.get(url).json()["aliases"] == {"champion": 1, "challenger": 2}
    history = api.get(f"{url}history/").json()["results"]
    assert [
        (each["number"], each["kind"], each["alias"], each["previous"], each["version"])
        for each in history
    ] == [
        (5, "removed", "nightly", 2, None),
        (4, "set", "challenger", None, 2),
        (3, "set", "nightly", 1, 2),
        (2, "set", "nightly", None, 1),
        (1, "set", "champion", None, 1),
    ]
    actions = AuditEntry.objects.filter(object_id=str(first.model_id)).values_list(
        "action", flat=True
    )
    assert {"model_alias.set", "model_alias.remove"} <= set(actions)


def test_a_model_has_so_many_aliases_and_no_more(api, user, make_line):
    [version] = make_line(user, 1)
    ModelAlias.objects.bulk_create(
        ModelAlias(model=version.model, alias=f"own-{number}", version=version)
        for number in range(MOST_ALIASES - 2)
    )
    url = f"/api/v1/models/{version.model_id}/aliases/"
    assert api.put(f"{url}challenger/", {"version": 1}).status_code == 200
    refused = api.put(f"{url}one-more/", {"version": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_aliases")
    assert api.put(f"{url}own-0/", {"version": 1}).status_code == 200, "one that is there"


def test_an_alias_from_before_there_were_rules_moves_and_goes(api, user, make_line):
    first, _ = make_line(user, 2)
    ModelAlias.objects.create(model=first.model, alias="Latest_V1", version=first)
    url = f"/api/v1/models/{first.model_id}/aliases/Latest_V1/"
    assert api.put(url, {"version": 2}).status_code == 200
    assert api.delete(url).status_code == 204


def test_aliases_are_moved_and_removed_on_the_page(page_client, user, make_line):
    first, _ = make_line(user, 2)
    url = f"/models/{first.model_id}/"
    told = page_client.post(
        f"{url}aliases/", {"alias": "challenger", "version": "2", "reason": ""}, follow=True
    )
    assert "“challenger” points at version 2." in told.content.decode()
    told = page_client.post(f"{url}aliases/", {"alias": "latest", "version": "2"}, follow=True)
    assert "says by itself which version is meant" in told.content.decode()
    told = page_client.post(f"{url}aliases/", {"alias": "x", "version": "9"}, follow=True)
    assert "choose a version of this model" in told.content.decode()
    told = page_client.post(f"{url}aliases/remove/", {"alias": "champion"}, follow=True)
    assert "cannot be removed" in told.content.decode()
    told = page_client.post(f"{url}aliases/remove/", {"alias": "challenger"}, follow=True)
    assert "“challenger” is removed." in told.content.decode()
    assert list(ModelAlias.objects.filter(model=first.model).values_list("alias", flat=True)) == [
        "champion"
    ]
    viewer = Client()
    viewer.force_login(factories.make_member(first.model.organization, Role.VIEWER))
    seen = viewer.get(url).content.decode()
    assert "Set alias" not in seen
    assert AliasChange.objects.filter(model=first.model).count() == 3
