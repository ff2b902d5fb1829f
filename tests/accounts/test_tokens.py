import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from knox.crypto import hash_token
from rest_framework.test import APIClient

from accounts import guessing
from accounts.models import APIToken, AuditEntry, Membership
from accounts.roles import Role
from accounts.services.sign_up import create_account
from accounts.services.tokens import create_token, revoke_token
from common.errors import Forbidden, Invalid
from tests import factories
from tests.accounts.credentials import URL, basic, bearer


@pytest.fixture
def person(db):
    """A person who uses no password."""
    return create_account(username="sensor", email="", password=None)


def test_the_first_token_is_made_with_a_password(user):
    answer = APIClient().post(URL, {"name": "laptop"}, **basic(user.username, factories.PASSWORD))
    assert answer.status_code == 201
    body = answer.json()
    assert body["scopes"] == ["read", "write"]
    days = (APIToken.objects.get().expiry - timezone.now()).total_seconds() / 86400
    assert 89.9 < days < 90
    me = bearer(body["token"]).get("/api/v1/me/")
    assert me.json()["username"] == user.username


def test_only_the_hash_is_kept_and_the_token_is_shown_once(person):
    token, secret = create_token(user=person, name="camera")
    assert token.digest == hash_token(secret)
    row = APIToken.objects.filter(pk=token.pk).values().get()
    assert all(secret not in str(value) for value in row.values())
    listed = bearer(secret).get(URL).content.decode()
    assert secret not in listed
    assert token.digest not in listed


@pytest.mark.parametrize("name", ["nobody", "sensor\x00", ""])
def test_a_wrong_password_is_refused(name, person):
    answer = APIClient().post(URL, {"name": "x"}, **basic(name, "guess"))
    assert answer.status_code == 401
    assert answer.json()["code"] == "authentication_failed"


def sign_in(browser, name: str, password: str, address: str = "127.0.0.1"):
    form = {"login": name, "password": password}
    return browser.post("/accounts/login/", form, REMOTE_ADDR=address)


def test_guesses_of_a_stranger_do_not_keep_the_owner_out(client, user):
    assert sign_in(client, user.username, factories.PASSWORD).status_code == 302
    client.post("/accounts/logout/")
    stranger = Client()
    for _ in range(5):
        assert sign_in(stranger, user.username, "guess").status_code == 200
    # By another name of the same account, and under another port: still the same count.
    for name, host in ((user.email, "127.0.0.1"), (user.username, "127.0.0.1:7777")):
        form = {"login": name, "password": factories.PASSWORD}
        refused = stranger.post("/accounts/login/", form, HTTP_HOST=host)
        assert "Too many failed" in refused.content.decode()
    # The owner's browser at the same address, and a new one elsewhere.
    assert sign_in(client, user.username, factories.PASSWORD).status_code == 302
    assert sign_in(Client(), user.username, factories.PASSWORD, "192.0.2.7").status_code == 302


def test_a_known_browser_has_few_guesses_too_and_is_known_for_its_account_alone(client, user):
    other = factories.make_user()
    sign_in(client, user.username, factories.PASSWORD)
    client.post("/accounts/logout/")
    for name in (user.username, other.username):
        for _ in range(5):
            sign_in(client, name, "guess")
        refused = sign_in(client, name, factories.PASSWORD)
        assert "Too many failed" in refused.content.decode()
    forged = Client(headers={"Cookie": f"loupe_device={user.pk}"})
    assert sign_in(forged, other.username, factories.PASSWORD).status_code == 200


def test_guesses_from_many_addresses_are_one_budget(user):
    for number in range(100):
        request = RequestFactory().post("/", REMOTE_ADDR=f"192.0.2.{number}")
        assert guessing.consume(request, {"username": user.username}) is not None
    answer = sign_in(Client(), user.username, factories.PASSWORD, "198.51.100.1")
    assert "Too many failed" in answer.content.decode()


def test_guessing_is_stopped_and_the_right_password_then_too(user):
    for _ in range(5):
        refused = APIClient().post(URL, {"name": "x"}, **basic(user.username, "guess"))
        assert refused.status_code == 401
    answer = APIClient().post(URL, {"name": "x"}, **basic(user.username, factories.PASSWORD))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert not APIToken.objects.exists()


def test_guessing_over_the_api_and_the_page_is_one_budget(client, user):
    for _ in range(5):
        APIClient().post(URL, {"name": "x"}, **basic(user.username, "guess"))
    page = client.post("/accounts/login/", {"login": user.username, "password": factories.PASSWORD})
    assert page.status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_inactive_person_gets_none_and_uses_none(user):
    _, secret = create_token(user=user, name="camera")
    user.is_active = False
    user.save()
    assert bearer(secret).get("/api/v1/me/").status_code == 401
    answer = APIClient().post(URL, {"name": "x"}, **basic(user.username, factories.PASSWORD))
    assert answer.status_code == 401


def test_an_expired_token_says_so(person):
    token, secret = create_token(user=person, name="camera")
    APIToken.objects.filter(pk=token.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    answer = bearer(secret).get("/api/v1/me/")
    assert answer.status_code == 401
    assert "'camera' expired" in answer.json()["detail"]
    assert APIToken.objects.filter(pk=token.pk).exists()


@pytest.mark.parametrize("secret", ["loupe_" + "0" * 64, "x", "ü", "\x00"])
def test_an_unknown_token_is_refused(secret, db):
    answer = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert answer.status_code == 401


def test_a_revoked_token_is_useless_at_once(person):
    _, admin = create_token(user=person, name="admin", scopes=["read", "admin"])
    token, secret = create_token(user=person, name="camera")
    assert bearer(secret).get("/api/v1/me/").status_code == 200
    assert bearer(admin).delete(f"{URL}{token.pk}/").status_code == 204
    assert bearer(secret).get("/api/v1/me/").status_code == 401
    assert AuditEntry.objects.filter(action="token.revoke").get().detail["name"] == "camera"


def test_any_token_gives_itself_up_and_no_other(person):
    token, secret = create_token(user=person, name="camera", scopes=["read"])
    other, _ = create_token(user=person, name="laptop")
    assert bearer(secret).delete(f"{URL}{other.pk}/").status_code == 403
    assert bearer(secret).delete(f"{URL}{token.pk}/").status_code == 204
    assert bearer(secret).get("/api/v1/me/").status_code == 401


def test_a_token_reaches_no_organization_that_its_owner_has_left(team, viewer):
    _, secret = create_token(user=viewer, name="camera")
    url = f"/api/v1/organizations/{team.slug}/"
    assert bearer(secret).get(url).status_code == 200
    Membership.objects.filter(user=viewer, organization=team).delete()
    assert bearer(secret).get(url).status_code == 404


def test_last_use_is_written_once_a_minute(person, django_assert_num_queries):
    token, secret = create_token(user=person, name="camera")
    client = bearer(secret)
    client.get("/api/v1/me/")
    token.refresh_from_db()
    first = token.last_used_at
    assert timezone.now() - first < timedelta(seconds=30)
    with django_assert_num_queries(4):  # the token, the organizations, two counts for quotas
        client.get("/api/v1/me/")
    APIToken.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(minutes=2))
    client.get("/api/v1/me/")
    token.refresh_from_db()
    assert token.last_used_at > first


@pytest.mark.parametrize(
    ("scopes", "method", "url", "status"),
    [
        (["read"], "get", "/api/v1/me/", 200),
        (["write"], "get", "/api/v1/me/", 403),
        (["predict"], "get", "/api/v1/me/", 403),
        (["read", "write"], "post", URL, 403),
        (["admin"], "post", URL, 400),
    ],
)
def test_scopes(person, scopes, method, url, status):
    _, secret = create_token(user=person, name="camera", scopes=scopes)
    assert getattr(bearer(secret), method)(url).status_code == status


def test_a_token_makes_none_that_outlives_it(person):
    admin, secret = create_token(
        user=person, name="admin", scopes=["admin", "read"], expires_in_days=1
    )
    refused = bearer(secret).post(
        URL, {"name": "longer", "scopes": ["read"], "expires_in_days": 365}
    )
    assert refused.status_code == 403
    assert refused.json()["code"] == "outlives_its_maker"
    made = bearer(secret).post(URL, {"name": "child", "scopes": ["admin"]})
    child = APIToken.objects.get(name="child")
    assert child.expiry == admin.expiry
    bearer(made.json()["token"]).post(URL, {"name": "grandchild", "scopes": ["admin"]})
    assert bearer(secret).delete(f"{URL}{admin.pk}/").status_code == 204
    assert not APIToken.objects.exists()
    assert AuditEntry.objects.filter(action="token.revoke").count() == 3


def test_a_new_password_ends_the_tokens(client, user, mail_server):
    """By a reset, the admin site and manage.py alike; by a change, where its owner says so."""
    create_token(user=user, name="thief")
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0].body)[1]
    new = {"password1": "a new hive of bees", "password2": "a new hive of bees"}
    client.post(client.get(link, follow=True).redirect_chain[-1][0], new)
    assert not APIToken.objects.exists()
    assert AuditEntry.objects.get(action="token.revoke").detail["reason"]

    create_token(user=user, name="script")
    powers = {"is_staff": True, "is_superuser": True}
    client.force_login(create_account(username="root", email="", password=None, **powers))
    page = reverse("admin:auth_user_password_change", args=[user.pk])
    client.post(page, {**new, "usable_password": "true"})
    assert not APIToken.objects.exists()

    create_token(user=user, name="script")
    client.post(page, {"usable_password": "false", "unset-password": ""})
    assert not APIToken.objects.exists()


@pytest.mark.parametrize(("tick", "left"), [("on", 0), (None, 1)])
def test_a_change_of_the_password_offers_to_end_the_tokens(page_client, user, tick, left):
    create_token(user=user, name="script")
    address = reverse("account_change_password")
    assert "End all my API tokens" in page_client.get(address).content.decode()
    form = {
        "oldpassword": factories.PASSWORD,
        "password1": "a new hive of bees",
        "password2": "a new hive of bees",
    }
    page_client.post(address, form | ({"end_tokens": tick} if tick else {}))
    user.refresh_from_db()
    assert user.check_password("a new hive of bees")
    assert user.auth_token_set.count() == left


def test_a_better_hash_of_the_same_password_ends_no_token(user):
    create_token(user=user, name="script")
    user.password = make_password(factories.PASSWORD, hasher="pbkdf2_sha1")
    user.save()
    assert user.check_password(factories.PASSWORD)
    assert user.password.startswith("pbkdf2_sha256")
    assert user.auth_token_set.count() == 1


def test_a_token_makes_none_that_may_do_more_than_itself(person):
    admin, secret = create_token(user=person, name="admin", scopes=["admin", "read"])
    refused = bearer(secret).post(URL, {"name": "more", "scopes": ["read", "write"]})
    assert refused.status_code == 403
    assert bearer(secret).post(URL, {"name": "less", "scopes": ["read"]}).status_code == 201
    with pytest.raises(Forbidden, match="read, admin"):
        create_token(user=person, name="more", scopes=["predict"], made_with=admin)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a", "expires_in_days": 0}, "expires_in_days"),
        ({"name": "a", "expires_in_days": 366}, "expires_in_days"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["root"]}, "scopes"),
    ],
)
def test_bad_values_are_named(api, values, field):
    answer = api.post(URL, values)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")


def test_the_service_checks_by_itself(person):
    for values in ({"expires_in_days": 0}, {"scopes": ["root"]}, {"name": ""}):
        with pytest.raises(Invalid):
            create_token(user=person, **{"name": "camera", **values})


def test_the_page_shows_the_token_once(page_client, user):
    form = {"name": "<b>cam</b>", "scopes": ["read"], "expires_in_days": 30}
    answer = page_client.post("/tokens/", form, follow=True)
    assert answer.redirect_chain == [("/tokens/", 302)]
    shown = answer.content.decode()
    prefix = APIToken.objects.get().token_key
    assert "no-store" in answer["Cache-Control"]
    assert "<b>cam</b>" not in shown
    secret = shown.split('id="new-token"')[1].split(">")[1].split("<")[0]
    assert bearer(secret).get("/api/v1/me/").status_code == 200
    again = page_client.get("/tokens/").content.decode()
    assert secret not in again
    assert prefix in again
    assert APIToken.objects.count() == 1


def test_a_token_is_shown_to_nobody_else_and_not_for_long(client, page_client, person, user):
    form = {"name": "camera", "scopes": ["read"], "expires_in_days": 30}
    page_client.post("/tokens/", form)
    cookie = page_client.cookies["loupe_once"]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["max-age"], cookie["samesite"]) == ("/tokens/", 120, "Strict")
    other = Client()
    other.force_login(person)
    other.cookies["loupe_once"] = cookie.value
    assert 'id="new-token"' not in other.get("/tokens/").content.decode()
    revoke_token(user=user, token=APIToken.objects.get())
    assert 'id="new-token"' not in page_client.get("/tokens/").content.decode()


def test_others_tokens_are_not_there(page_client, person):
    token, _ = create_token(user=person, name="camera")
    assert page_client.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert APIToken.objects.filter(pk=token.pk).exists()


def test_roles_are_ordered():
    assert Role.ADMIN.at_least() == [Role.ADMIN, Role.OWNER]
