"""Sign-in at a real OpenID provider (oidc-provider-mock, over HTTP): who may, with which roles."""

import dataclasses

import environ
import oidc_provider_mock
import pytest
import requests
from allauth.account.models import EmailAddress
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Membership, User
from accounts.roles import Role
from accounts.services.organizations import create_organization
from accounts.services.provider_roles import apply_groups
from config.sign_in import PROVIDER_ID, openid_settings
from tests import factories

LOGIN = f"/accounts/oidc/{PROVIDER_ID}/login/"
GROUPS = {"labellers": {"field-station": "editor"}, "leads": {"field-station": "admin"}}


@pytest.fixture(scope="module")
def provider():
    """Its address; it signs in whomever it is told to, with the claims that were put there."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def single_sign_on(provider, settings, db):
    """Loupe set up for the provider, as by the environment."""
    variables = {
        "LOUPE_OIDC_URL": provider,
        "LOUPE_OIDC_NAME": "Example",
        "LOUPE_OIDC_CLIENT_ID": "loupe",
        "LOUPE_OIDC_CLIENT_SECRET": "secret",
    }
    settings.OPENID, settings.SOCIALACCOUNT_PROVIDERS = openid_settings(_env(variables))
    return provider


def _env(variables: dict[str, str]) -> environ.Env:
    env = environ.Env()
    env.ENVIRON = variables
    return env


def test_a_provider_that_does_not_answer_is_named(single_sign_on, settings, client):
    variables = {
        "LOUPE_OIDC_URL": "http://127.0.0.1:1",
        "LOUPE_OIDC_CLIENT_ID": "loupe",
        "LOUPE_OIDC_CLIENT_SECRET": "secret",
    }
    settings.OPENID, settings.SOCIALACCOUNT_PROVIDERS = openid_settings(_env(variables))
    page = client.post(LOGIN)
    assert page.status_code == 503
    assert "The single sign-on of this Loupe does not answer." in page.content.decode()


def rules(settings, **changes):
    settings.OPENID = dataclasses.replace(settings.OPENID, **changes)


def come(provider: str, subject: str, **claims) -> Client:
    """Go to the provider as `subject` and come back; return the browser."""
    requests.put(f"{provider}/users/{subject}", json=claims, timeout=5).raise_for_status()
    client = Client()
    page = client.post(LOGIN)
    address = page.context["address"]
    back = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=5)
    client.answer = client.get(back.headers["Location"], follow=True)
    return client


def test_the_form_is_answered_with_a_page_that_leads_on(single_sign_on, client):
    assert "Sign in with Example" in client.get(reverse("account_login")).content.decode()
    assert "Continue" in client.get(LOGIN).content.decode()
    answer = client.post(LOGIN)
    assert answer.status_code == 200
    assert answer.context["address"].startswith(single_sign_on)
    assert "code_challenge=" in answer.context["address"]


def test_without_settings_there_is_none(client, db):
    assert "/accounts/oidc/" not in client.get(reverse("account_login")).content.decode()
    assert client.post(LOGIN).status_code == 404


def test_a_new_person_gets_an_account_without_a_password(single_sign_on):
    client = come(
        single_sign_on,
        "ada",
        email="ada@example.com",
        email_verified=True,
        preferred_username="ada",
    )
    assert client.get("/api/v1/me/").json()["username"] == "ada"
    user = User.objects.get()
    assert not user.has_usable_password()
    assert user.personal_organization.slug == "ada"
    assert EmailAddress.objects.get(user=user).verified
    assert AuditEntry.objects.filter(action="account.create").count() == 1
    again = come(single_sign_on, "ada", email="ada@example.com", email_verified=True)
    assert again.get("/api/v1/me/").json()["username"] == "ada"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "verified", "opens"),
    [
        ("bo@Example.com", True, True),
        ("bo@example.com", False, False),
        ("bo@example.com.evil.org", True, False),
        ("bo@sub.example.com", True, False),
    ],
)
def test_sign_up_by_domain(single_sign_on, settings, email, verified, opens):
    settings.SIGNUP_OPEN = False
    rules(settings, domains=["example.com"])
    client = come(single_sign_on, f"bo-{email}-{verified}", email=email, email_verified=verified)
    assert User.objects.exists() is opens
    assert ("Sign-up is closed" in client.answer.content.decode()) is not opens


def test_an_address_that_is_taken_signs_nobody_in(single_sign_on):
    """Control of a provider's address does not make a person the owner of an account."""
    user = factories.make_user("mira")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = come(single_sign_on, "impostor", email=user.email, email_verified=True)
    assert client.get("/api/v1/me/").status_code == 401
    assert User.objects.count() == 1


def test_groups_give_change_and_take_back_roles(single_sign_on, settings):
    team = create_organization(user=factories.make_user(), name="Field station")
    rules(settings, group_roles=GROUPS)

    def role_after(groups) -> str | None:
        come(single_sign_on, "cy", email="cy@example.com", email_verified=True, groups=groups)
        found = Membership.objects.filter(organization=team, user__email="cy@example.com").first()
        return found.role if found else None

    assert role_after(["labellers", "others"]) == Role.EDITOR
    assert role_after(["labellers", "leads"]) == Role.ADMIN
    assert role_after("labellers") == Role.EDITOR
    assert role_after([]) is None
    actions = AuditEntry.objects.filter(organization=team, action__startswith="member.")
    assert actions.order_by("created_at").values_list("action", "detail__after")[1:].count() == 3


def test_groups_leave_what_was_given_by_hand_and_the_last_owner(db):
    owner = factories.make_user()
    team = create_organization(user=owner, name="Field station")
    viewer = factories.make_member(team, Role.VIEWER)
    for person in (owner, viewer):
        apply_groups(user=person, groups=["leads"], mapping=GROUPS)
        apply_groups(user=person, groups=[], mapping=GROUPS)
    assert Membership.objects.get(organization=team, user=viewer).role == Role.VIEWER
    Membership.objects.filter(user=owner, organization=team).update(from_provider=True)
    apply_groups(user=owner, groups=["leads"], mapping=GROUPS)
    apply_groups(user=owner, groups=[], mapping=GROUPS)
    assert Membership.objects.get(organization=team, user=owner).role == Role.OWNER
    apply_groups(user=viewer, groups=["leads"], mapping={"leads": {"no-such": "admin"}})


@pytest.mark.parametrize(
    "variables",
    [
        {"LOUPE_OIDC_URL": "https://id.example.org"},
        {"LOUPE_OIDC_GROUP_ROLES": "leads=field-station:admin"},
        {"LOUPE_OIDC_GROUP_ROLES": '{"leads": {"field-station": "root"}}'},
        {"LOUPE_OIDC_GROUP_ROLES": '["leads"]'},
    ],
)
def test_half_a_configuration_is_refused(variables):
    with pytest.raises(ImproperlyConfigured, match="LOUPE_OIDC"):
        openid_settings(_env(variables))
