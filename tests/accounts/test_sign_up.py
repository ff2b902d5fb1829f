import base64
import re

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEntry, Membership, Organization, User
from accounts.roles import Role
from accounts.selectors.organizations import default_organization
from accounts.services.invitations import invite
from accounts.services.sign_up import create_account, give_personal_organization
from tests import factories
from tests.accounts.credentials import FORM


def test_an_account_has_a_personal_organization_that_it_owns(db):
    user = create_account(username="Mira", email="mira@example.com", password=None)
    membership = Membership.objects.get(user=user)
    assert membership.role == Role.OWNER
    assert membership.organization.personal_for == user
    assert membership.organization.slug == "mira"
    assert default_organization(user) == membership.organization
    assert AuditEntry.objects.filter(actor=user, action="account.create").count() == 1


def test_a_taken_slug_gets_a_suffix(db):
    first = create_account(username="a.b", email="", password=None)
    second = create_account(username="a-b", email="", password=None)
    third = create_account(username="ab", email="", password=None)
    slugs = [default_organization(user).slug for user in (first, second, third)]
    assert slugs[0] == "ab"
    assert slugs[1] == "a-b"
    assert re.fullmatch(r"ab-[0-9a-f]{8}", slugs[2])


def test_names_differ_by_more_than_case(db):
    create_account(username="mira", email="", password=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        create_account(username="MIRA", email="", password=None)
    assert User.objects.count() == Organization.objects.count() == 1


def test_the_personal_organization_is_made_once(user):
    assert give_personal_organization(user=user) == default_organization(user)
    assert Organization.objects.filter(personal_for=user).count() == 1


def test_signing_up_by_the_form(client, db):
    response = client.post(reverse("account_signup"), FORM)
    assert response.status_code == 302
    user = User.objects.get(username="mira")
    assert user.check_password(FORM["password1"])
    assert default_organization(user).slug == "mira"
    me = client.get("/api/v1/me/").json()
    assert {quota: each["used"] for quota, each in me.pop("usage").items()} == {
        "organizations": 1,
        "tokens": 0,
    }
    assert me == {
        "username": "mira",
        "organizations": [
            {
                "id": str(default_organization(user).pk),
                "slug": "mira",
                "name": "mira",
                "role": "owner",
            }
        ],
    }


def test_weak_passwords_and_taken_names_are_refused(client, user):
    for change in (
        {"password1": "12345678", "password2": "12345678"},
        {"username": user.username.upper()},
    ):
        response = client.post(reverse("account_signup"), FORM | change)
        assert response.status_code == 200
    assert User.objects.count() == 1


def test_closed_sign_up_is_closed(client, db, settings):
    settings.SIGNUP_OPEN = False
    response = client.post(reverse("account_signup"), FORM)
    assert "closed" in response.content.decode()
    assert not User.objects.exists()


def test_an_invitation_opens_closed_sign_up(client, user, team, settings):
    settings.SIGNUP_OPEN = False
    _, secret = invite(user=user, organization=team, role=Role.EDITOR)
    page = client.get(reverse("accounts:invitation", args=[secret]))
    sign_up = re.search(r'href="(/accounts/signup/\?next=[^"]+)"', page.content.decode())[1]
    here = reverse("accounts:invitation", args=[secret])
    response = client.post(sign_up, FORM | {"next": here})
    assert response.url == here
    assert client.post(here).status_code == 302
    member = Membership.objects.get(organization=team, user__username="mira")
    assert member.role == Role.EDITOR


def test_with_a_mail_server_an_address_is_confirmed_first(client, db, mail_server):
    response = client.post(reverse("account_signup"), FORM, follow=True)
    assert "Look into your mail" in response.content.decode()
    assert "_auth_user_id" not in client.session
    by_password = "Basic " + base64.b64encode(b"mira:a hive of 9 bees").decode()
    token = client.post("/api/v1/auth/tokens/", {"name": "x"}, HTTP_AUTHORIZATION=by_password)
    assert token.status_code == 401
    assert "not confirmed" in token.json()["detail"]
    [sent] = mail.outbox
    path = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", sent.body)[1]
    assert client.post(path).status_code == 302
    assert client.get("/api/v1/me/").json()["username"] == "mira"


def test_a_mail_server_that_does_not_answer_is_named_and_the_mail_comes_later(
    client, db, mail_server, settings
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = client.post(reverse("account_signup"), FORM)
    assert page.status_code == 503
    assert "its mail server does not answer" in page.content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client.post(reverse("account_login"), {"login": "mira", "password": "a hive of 9 bees"})
    assert [sent.to for sent in mail.outbox] == [[FORM["email"]]]


def test_without_a_mail_server_nothing_claims_a_mail(client, db):
    signed_up = client.post(reverse("account_signup"), FORM, follow=True)
    added = client.post(
        reverse("account_email"), {"action_add": "", "email": "b@example.com"}, follow=True
    )
    again = {"action_send": "", "email": "mira@example.com"}
    sent = client.post(reverse("account_email"), again, follow=True)
    for answer in (signed_up, added, sent):
        assert "mail sent" not in answer.content.decode().lower()
    assert "no mail was sent" in sent.content.decode()
    client.logout()
    reset = client.post(reverse("account_reset_password"), {"email": "mira@example.com"})
    assert reset.status_code == 409
    assert "no mail server" in reset.content.decode()
    assert mail.outbox == []


def test_an_account_without_an_address_has_nothing_to_confirm(client, db, mail_server):
    create_account(username="admin", email="", password="a hive of 9 bees", is_superuser=True)
    form = {"login": "admin", "password": "a hive of 9 bees"}
    assert client.post(reverse("account_login"), form).url == reverse("home")


@pytest.mark.parametrize("host", ["localhost:6666", "127.0.0.1"])
def test_links_in_mails_carry_the_public_address(client, db, mail_server, host):
    factories.make_user("mira")
    client.post(reverse("account_signup"), FORM | {"username": "new"}, HTTP_HOST=host)
    for address in ("mira@example.com", "nobody@example.com"):
        client.post(reverse("account_reset_password"), {"email": address}, HTTP_HOST=host)
    assert len(mail.outbox) == 3
    for sent in mail.outbox:
        assert set(re.findall(r"https?://[^/\s]+[^/\s.]", sent.body)) == {"http://localhost:8000"}
        assert host not in sent.body + sent.subject


def test_a_forgotten_password_is_set_anew_by_mail(client, db, mail_server):
    user = factories.make_user("mira")
    client.post(reverse("account_reset_password"), {"email": "MIRA@example.com"})
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    there = form.redirect_chain[-1][0]
    client.post(there, {"password1": "a new hive of bees", "password2": "a new hive of bees"})
    user.refresh_from_db()
    assert user.check_password("a new hive of bees")
    assert client.login(username="mira", password="a new hive of bees")


@pytest.mark.parametrize("login", ["mira", "MIRA@example.com"])
def test_signing_in_by_name_or_mail(client, db, login):
    factories.make_user("mira")
    response = client.post(
        reverse("account_login"), {"login": login, "password": factories.PASSWORD}
    )
    assert response.status_code == 302
    assert client.get("/api/v1/me/").status_code == 200


def test_an_inactive_person_is_out_at_once(page_client, user):
    user.is_active = False
    user.save()
    assert page_client.get("/api/v1/me/").status_code == 401
