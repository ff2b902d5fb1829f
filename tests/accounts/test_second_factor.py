"""Nothing gets round a second factor: not Basic, not the admin's sign-in, not an old session."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.adapter import SIGNED_IN_AT_SESSION_KEY
from accounts.models import APIToken, AuditEntry
from accounts.second_factor import keeps_passkeys
from accounts.services.tokens import create_token
from common.errors import Forbidden
from jobs.services.prioritize import prioritize
from tests import factories
from tests.accounts.credentials import URL, basic, bearer

SECRET = "JBSWY3DPEHPK3PXP"


def code_now(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def careful(user):
    """A person with an authenticator app."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def sign_in(client, user, **form):
    return client.post(
        reverse("account_login"), {"login": user.username, "password": factories.PASSWORD, **form}
    )


def test_the_password_alone_makes_no_token(careful):
    answer = APIClient().post(URL, {"name": "x"}, **basic(careful.username, factories.PASSWORD))
    assert answer.status_code == 403
    assert answer.json()["code"] == "second_factor_required"
    assert "auth/device/" in answer.json()["hint"]
    assert APIClient().get(URL, **basic(careful.username, factories.PASSWORD)).status_code == 403
    assert not APIToken.objects.exists()


def test_what_the_password_alone_opens_is_known():
    """A view that takes passwords and is not listed here wants a look: does it mind the factor?"""
    from accounts.authentication import PasswordAuthentication
    from tests.permissions import matrix

    takers = {
        route
        for route, view in matrix.routes().items()
        if PasswordAuthentication
        in getattr(getattr(view, "cls", None), "authentication_classes", [])
    }
    assert takers == {"api/v1/auth/tokens/", "api/v1/auth/tokens/<uuid:token_id>/"}


def test_signing_in_takes_the_code_once(client, careful):
    assert sign_in(client, careful).url == reverse("mfa_authenticate")
    assert client.get("/api/v1/me/").status_code == 401
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    code = code_now()
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert client.get("/api/v1/me/").status_code == 200
    client.post(reverse("account_logout"))
    sign_in(client, careful)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert client.get("/api/v1/me/").status_code == 401


def test_guessing_codes_is_stopped(client, careful):
    sign_in(client, careful)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    stopped = client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert stopped.status_code == 200
    assert client.get("/api/v1/me/").status_code == 401


def test_a_recovery_code_works_once(client, careful):
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    sign_in(client, careful)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/api/v1/me/").status_code == 200
    client.post(reverse("account_logout"))
    sign_in(client, careful)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/api/v1/me/").status_code == 401


def test_the_admin_site_asks_for_it_too(client, careful):
    careful.is_staff = careful.is_superuser = True
    careful.save()
    page = client.get("/admin/", follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("account_login"))
    posted = client.post(
        "/admin/login/", {"username": careful.username, "password": factories.PASSWORD}
    )
    assert posted.status_code == 302
    assert posted.url.startswith(reverse("account_login"))
    assert client.get("/admin/").status_code == 302


def test_where_staff_need_one_the_mark_alone_opens_nothing(page_client, user, settings):
    user.is_staff = user.is_superuser = True
    user.save()
    job = factories.make_run(user).job
    addresses = ["/admin/", reverse("admin:accounts_user_changelist"), "/metrics"]
    assert [page_client.get(address).status_code for address in addresses] == [200, 200, 200]
    settings.STAFF_NEED_SECOND_FACTOR = True
    assert [page_client.get(address).status_code for address in addresses] == [302, 302, 401]
    led = page_client.get("/admin/", follow=True)
    assert led.redirect_chain[-1][0] == reverse("mfa_index")
    assert "Set up a second factor first" in led.content.decode()
    with pytest.raises(Forbidden):
        prioritize(user=user, job=job, priority=1)
    RecoveryCodes.activate(user)
    assert page_client.get("/admin/").status_code == 302, "recovery codes alone are none"
    TOTP.activate(user, SECRET)
    assert [page_client.get(address).status_code for address in addresses] == [200, 200, 200]
    assert prioritize(user=user, job=job, priority=1).priority == 1
    # Who is no staff is told what they were told before.
    other = factories.make_user()
    factories.sign_in(page_client, other)
    assert page_client.get("/admin/", follow=True).status_code == 403


def test_secrets_are_encrypted_and_useless_with_another_key(careful, settings):
    factor = Authenticator.objects.get(type="totp")
    assert SECRET not in str(factor.data)
    assert factor.wrap().validate_code(code_now())
    settings.SECRET_KEY = "another"
    assert not factor.wrap().validate_code(code_now())
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()


def test_setting_up_without_a_mail_server_and_turning_off(
    page_client, django_capture_on_commit_callbacks
):
    page = page_client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert "data:image/svg+xml" in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        done = page_client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    assert done.url == reverse("mfa_view_recovery_codes")
    codes = page_client.get(done.url)
    assert len(codes.context["unused_codes"]) == 10
    page_client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()
    entries = AuditEntry.objects.filter(action__startswith="second_factor").order_by("created_at")
    assert [(e.action, e.detail["factor"]) for e in entries] == [
        ("second_factor.add", "totp"),
        ("second_factor.add", "recovery_codes"),
        ("second_factor.remove", "totp"),
        ("second_factor.remove", "recovery_codes"),
    ]


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("/tokens/", {"name": "x", "scopes": ["read"], "expires_in_days": 30}),
        ("/device/decide/", {"code": "BCDF-GHJK", "decision": "approve"}),
        ("/accounts/email/", {"action_add": "", "email": "new@example.com"}),
        ("/accounts/2fa/totp/activate/", {"code": "000000"}),
        ("/accounts/2fa/webauthn/add/", {"name": "x", "credential": "{}"}),
    ],
)
def test_an_old_session_proves_itself_before_it_changes_who_gets_in(page_client, user, url, form):
    session = page_client.session
    session[SIGNED_IN_AT_SESSION_KEY] = time.time() - 16 * 60
    session.save()
    asked = page_client.post(url, form)
    assert asked.status_code == 302
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not APIToken.objects.exists()
    assert not user.emailaddress_set.filter(email="new@example.com").exists()
    page_client.post(asked.url, {"password": "wrong"})
    assert not APIToken.objects.exists()
    if "tokens" in url:
        page_client.post(asked.url, {"password": factories.PASSWORD})
        assert APIToken.objects.get().name == "x"


def test_nor_does_an_old_session_make_a_token_over_the_api(user):
    client = APIClient()
    client.force_login(user)
    refused = client.post(URL, {"name": "x"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "reauthentication_required"
    factories.sign_in(client, user)
    assert client.post(URL, {"name": "x"}).status_code == 201


def test_a_token_from_before_goes_on(careful):
    _, secret = create_token(user=careful, name="camera")
    assert bearer(secret).get("/api/v1/me/").status_code == 200


def test_the_operator_removes_lost_factors(careful, capsys):
    call_command("remove_second_factors", careful.username.upper())
    assert "recovery_codes, totp" in capsys.readouterr().out
    entry = AuditEntry.objects.get(action="second_factor.remove")
    assert (entry.actor, entry.object_id) == (None, str(careful.pk))
    for name in (careful.username, "nobody"):
        with pytest.raises(CommandError):
            call_command("remove_second_factors", name)


@pytest.mark.parametrize(
    ("address", "keeps"),
    [
        ("http://localhost:8000", True),
        ("https://loupe.example.org", True),
        ("http://loupe.example.org", False),
        ("http://127.0.0.1:8000", False),
        ("https://192.0.2.7", False),
        ("http://[::1]:8000", False),
    ],
)
def test_where_browsers_keep_passkeys(address, keeps):
    assert keeps_passkeys(address) is keeps


def test_pages_say_where_passkeys_work(client, page_client, settings):
    settings.PUBLIC_URL = "http://localhost:8000"
    by_number = page_client.get(reverse("mfa_index"), headers={"host": "127.0.0.1:8000"})
    assert "Open Loupe as http://localhost:8000" in by_number.content.decode()
    by_name = page_client.get(reverse("mfa_index"), headers={"host": "localhost:8000"})
    assert "Add a passkey" in by_name.content.decode()
