import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import AuditEntry, Organization, User
from accounts.services.sign_up import create_account
from accounts.services.tokens import create_token
from tests import factories
from tests.accounts.powers import WRITTEN_HERE

MODELS = ("user", "organization", "invitation", "apitoken", "auditentry")


@pytest.fixture
def superuser(db):
    return create_account(
        username="root", email="", password=None, is_staff=True, is_superuser=True
    )


@pytest.fixture
def staff(db):
    """Staff with every permission that can be given, and no superuser."""
    person = create_account(username="staff", email="", password=None, is_staff=True)
    person.user_permissions.set(Permission.objects.all())
    return person


def user_form(person: User, **values) -> dict:
    return {
        "username": person.username,
        "email": person.email,
        "first_name": "",
        "last_name": "",
        "is_active": "on",
        **values,
    }


@pytest.mark.parametrize("name", MODELS)
def test_lists_and_pages_open(client, superuser, name):
    create_token(user=superuser, name="camera")
    client.force_login(superuser)
    assert client.get(reverse(f"admin:accounts_{name}_changelist")).status_code == 200


def test_tokens_show_neither_digest_nor_secret(client, superuser):
    token, secret = create_token(user=superuser, name="camera")
    client.force_login(superuser)
    for url in (
        reverse("admin:accounts_apitoken_changelist"),
        reverse("admin:accounts_apitoken_change", args=[token.pk]),
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert "camera" in shown
        assert token.digest not in shown
        assert secret not in shown


def test_a_token_is_revoked_with_an_audit_entry(client, superuser, user):
    token, _ = create_token(user=user, name="camera")
    client.force_login(superuser)
    client.post(reverse("admin:accounts_apitoken_delete", args=[token.pk]), {"post": "yes"})
    assert not user.auth_token_set.exists()
    assert AuditEntry.objects.get(action="token.revoke").actor_name == "root"


def test_the_log_is_read_only(client, superuser):
    entry = AuditEntry.objects.first()
    client.force_login(superuser)
    page = reverse("admin:accounts_auditentry_change", args=[entry.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"action": "x"}).status_code == 403
    for name in ("add", "delete"):
        arguments = [entry.pk] if name == "delete" else []
        url = reverse(f"admin:accounts_auditentry_{name}", args=arguments)
        assert client.post(url, {"post": "yes"}).status_code == 403


def test_staff_cannot_make_themselves_superusers(client, staff):
    client.force_login(staff)
    url = reverse("admin:accounts_user_change", args=[staff.pk])
    client.post(url, user_form(staff, is_superuser="on", is_staff="on"))
    staff.refresh_from_db()
    assert not staff.is_superuser


def test_staff_cannot_raise_others_either(client, staff, user):
    client.force_login(staff)
    url = reverse("admin:accounts_user_change", args=[user.pk])
    everything = [str(p.pk) for p in Permission.objects.all()]
    form = user_form(user, is_superuser="on", is_staff="on", first_name="Mira")
    response = client.post(url, {**form, "user_permissions": everything})
    assert response.status_code == 302
    user.refresh_from_db()
    assert user.first_name == "Mira"
    assert not user.is_superuser
    assert not user.is_staff
    assert not user.user_permissions.exists()


def test_staff_cannot_touch_a_superuser_or_their_password(client, staff, superuser):
    client.force_login(staff)
    change = reverse("admin:accounts_user_change", args=[superuser.pk])
    password = reverse("admin:auth_user_password_change", args=[superuser.pk])
    assert client.post(change, user_form(superuser, first_name="x")).status_code == 403
    new = {"password1": "a hive of 9 bees", "password2": "a hive of 9 bees"}
    assert client.post(password, {**new, "usable_password": "true"}).status_code == 403
    superuser.refresh_from_db()
    assert not superuser.has_usable_password()
    assert superuser.first_name == ""


def test_staff_cannot_change_groups(client, staff):
    client.force_login(staff)
    assert client.post(reverse("admin:auth_group_add"), {"name": "all"}).status_code == 403


def test_an_account_made_here_has_its_organization(client, superuser):
    client.force_login(superuser)
    new = {"username": "mira", "password1": "a hive of 9 bees", "password2": "a hive of 9 bees"}
    response = client.post(reverse("admin:accounts_user_add"), {**new, "usable_password": "true"})
    assert response.status_code == 302
    assert Organization.objects.filter(personal_for__username="mira").exists()


def test_signing_in_goes_through_the_limited_page(client, db):
    factories.make_user("mira")
    response = client.post("/admin/login/", {"username": "mira", "password": factories.PASSWORD})
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_owners_of_organizations_are_no_operators(page_client):
    assert page_client.get("/admin/", follow=True).status_code == 403
    assert page_client.get(reverse("admin:accounts_user_changelist")).status_code == 302


def test_staff_write_nothing_here_that_leads_up(client, staff, superuser, user):
    """Every model of the site, those of other people's apps too: no row of it is written but these.

    A confirmed address added to a superuser's account, say, would let its password be reset.
    """
    request = RequestFactory().get("/")
    request.user = staff
    for model, site in admin.site._registry.items():
        may = [site.has_add_permission(request), site.has_change_permission(request)]
        may.append(site.has_delete_permission(request))
        label = model._meta.label_lower
        assert not any(may) or label in WRITTEN_HERE, label
        actions = set(site.get_actions(request))
        assert not actions or label in WRITTEN_HERE, (label, actions)
        if label not in WRITTEN_HERE:
            for inline in site.get_inline_instances(request):
                assert not inline.has_add_permission(request, None), label


def test_staff_give_a_superuser_no_mail_address(client, staff, superuser):
    client.force_login(staff)
    address = {"user": superuser.pk, "email": "mine@example.com", "verified": "on"}
    assert client.post(reverse("admin:account_emailaddress_add"), address).status_code == 403
    assert not EmailAddress.objects.exists()
