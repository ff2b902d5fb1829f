"""Try links: who makes them, how far they reach, and when they end."""

import uuid
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import hourly
from accounts.models import AuditEntry, Membership
from accounts.roles import Role
from classifier.models import TryLink
from classifier.prediction.errors import TriedTooOften
from classifier.prediction.services.try_links.manage import MOST_LINKS, make_try_link
from classifier.prediction.services.try_links.places import (
    most_in_all,
    most_of_a_link,
    most_of_an_organization,
    place_for,
)
from classifier.registry.services.manage_model import edit_model
from tests import factories
from tests.classifier.conftest import RED

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(user):
    return factories.make_model_version(factories.make_run(user)).model


def made(api, model, **body):
    return api.post(f"/api/v1/models/{model.pk}/try-links/", {"name": "open day", **body})


def opened(client, secret: str):
    return client.get("/api/v1/try/", headers={"Loupe-Try-Link": secret})


def asked(client, secret: str):
    return client.post(
        "/api/v1/try/",
        {"image": SimpleUploadedFile("a.png", RED)},
        headers={"Loupe-Try-Link": secret},
    )


def secret_of(answer) -> str:
    return answer.data["url"].partition("#")[2]


def test_a_link_is_made_listed_opened_and_revoked(api, client, user, model):
    answer = made(api, model, expires_in_days=30, max_predictions=7)
    assert answer.status_code == 201, answer.data
    secret = secret_of(answer)
    assert answer.data["url"].endswith(f"/try/#{secret}")
    assert len(secret) >= 43
    row = TryLink.objects.get()
    assert secret not in str(vars(row)), "the hash alone is kept"
    [listed] = api.get(f"/api/v1/models/{model.pk}/try-links/").data["results"]
    assert (listed["state"], listed["predictions"], listed["max_predictions"]) == ("works", 0, 7)
    assert "url" not in listed
    told = opened(client, secret).json()
    assert set(told) == {"model_name", "organization_name", "expires_at", "predictions_left"}
    assert (told["model_name"], told["predictions_left"]) == (model.name, 7)
    for _ in range(2):
        assert api.delete(f"/api/v1/try-links/{row.pk}/").status_code == 204
    gone = opened(client, secret)
    assert (gone.status_code, gone.json()["code"]) == (404, "try_link_invalid")
    entries = AuditEntry.objects.filter(object_id=str(row.pk)).order_by("created_at")
    assert [each.action for each in entries] == ["try_link.create", "try_link.revoke"]
    assert not any(secret in str(each.detail) for each in entries)


def test_what_a_link_may_be(api, model):
    for body, pointer in (
        ({"expires_in_days": 31}, "/expires_in_days"),
        ({"expires_in_days": 0}, "/expires_in_days"),
        ({"max_predictions": 100_001}, "/max_predictions"),
        ({"name": "  "}, "/name"),
        ({"name": "open\u202eday"}, "/name"),
        ({"version": 1}, "/version"),
    ):
        refused = made(api, model, **body)
        assert refused.status_code == 400, body
        assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


def test_a_link_ends_by_itself(api, client, user, model):
    secret = secret_of(made(api, model))
    rows = TryLink.objects.all()

    def state() -> str:
        return api.get(f"/api/v1/models/{model.pk}/try-links/").data["results"][0]["state"]

    assert opened(client, secret).status_code == 200
    later, earlier = timezone.now() + timedelta(days=1), timezone.now() - timedelta(seconds=1)
    for fields, word in (
        ({"expires_at": earlier}, "expired"),
        ({"expires_at": later, "predictions": 1000}, "used_up"),
    ):
        rows.update(**fields)
        assert (opened(client, secret).status_code, state()) == (404, word)
    rows.update(predictions=0)
    edit_model(user=user, model=model, archived=True)
    assert (opened(client, secret).status_code, state()) == (404, "archived")
    edit_model(user=user, model=model, archived=False)
    assert opened(client, secret).status_code == 200


def test_a_link_ends_with_the_rights_of_who_made_it(client, user, model):
    editor = factories.make_member(model.organization, Role.EDITOR)
    _, secret = make_try_link(user=editor, model=model, name="theirs")
    assert opened(client, secret).status_code == 200
    Membership.objects.filter(user=editor, organization=model.organization).update(role=Role.VIEWER)
    assert opened(client, secret).status_code == 404
    Membership.objects.filter(user=editor, organization=model.organization).update(role=Role.EDITOR)
    editor.is_active = False
    editor.save()
    assert opened(client, secret).status_code == 404


def test_an_organization_has_so_many_links(api, user, model):
    for _ in range(MOST_LINKS):
        make_try_link(user=user, model=model, name="one of many")
    refused = made(api, model)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_try_links")
    link = TryLink.objects.first()
    api.delete(f"/api/v1/try-links/{link.pk}/")
    assert made(api, model).status_code == 201


def test_a_link_opens_nothing_else(api, client, model):
    """Neither as a token nor beside one, and no session counts where the link does."""
    secret = secret_of(made(api, model))
    for path in ("me/", "models/", f"models/{model.pk}/", f"models/{model.pk}/try-links/"):
        for headers in ({"Loupe-Try-Link": secret}, {"Authorization": f"Bearer {secret}"}):
            assert client.get(f"/api/v1/{path}", headers=headers).status_code == 401
    assert client.get("/api/v1/try/").status_code == 404
    assert opened(client, "").status_code == 404
    assert opened(client, secret + "x").status_code == 404
    assert client.get(f"/api/v1/try/?secret={secret}").status_code == 400
    assert api.get("/api/v1/try/").status_code == 404, "the person's own session opens nothing"


def test_a_flood_holds_few_threads_of_the_web(client, user, model):
    links = [make_try_link(user=user, model=model, name=name) for name in ("a", "b", "c")]
    (first, secret), (second, _), (third, other) = links
    own, others = user.personal_organization.pk, uuid.uuid4()
    with ExitStack() as held:
        for _ in range(most_of_a_link()):
            held.enter_context(place_for(first.pk, own))
        refused = asked(client, secret)
        assert (refused.status_code, refused.json()["code"]) == (429, "try_link_busy")
        for _ in range(most_of_an_organization() - most_of_a_link()):
            held.enter_context(place_for(second.pk, own))
        refused = asked(client, other)
        assert (refused.status_code, refused.json()["code"]) == (429, "try_link_busy")
        assert refused.headers["Retry-After"] == "2"
        for _ in range(most_of_an_organization()):
            held.enter_context(place_for(uuid.uuid4(), others))
        assert 2 * most_of_an_organization() <= most_in_all() <= settings.REQUEST_THREADS // 4
    assert hourly.used(f"loupe:minute:try-link:{first.pk}") == 0, "it was never counted"
    assert not TryLink.objects.exclude(predictions=0).exists()
    with ExitStack() as held:
        for _ in range(most_in_all()):
            held.enter_context(place_for(uuid.uuid4(), uuid.uuid4()))
        with pytest.raises(TriedTooOften), place_for(third.pk, own):
            pass
    with place_for(third.pk, own):
        pass


def test_the_page_is_the_same_for_everyone_and_lets_nothing_out(client, page_client):
    for each in (client, page_client):
        answer = each.get("/try/")
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Permissions-Policy"].startswith("camera=(self)")
        assert answer.cookies == {}


def test_the_page_of_links_shows_a_link_once(page_client, user, model):
    address = f"/models/{model.pk}/try-links/"
    assert "No link yet" in page_client.get(address).content.decode()
    form = {"name": "Open day", "days": 3, "max_predictions": 50}
    sent = page_client.post(address, form)
    assert (sent.status_code, sent["Location"]) == (302, address)
    shown = page_client.get(address).content.decode()
    assert "/try/#" in shown
    assert 'aria-label="QR code of the link"' in shown
    assert "/try/#" not in page_client.get(address).content.decode()
    link = TryLink.objects.get()
    assert page_client.post(f"/try-links/{link.pk}/revoke/")["Location"] == address
    assert "revoked" in page_client.get(address).content.decode()
    assert page_client.post(address, {**form, "days": 31}).status_code == 422
