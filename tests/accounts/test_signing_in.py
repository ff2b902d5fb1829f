"""Second factor, passkey and single sign-on in a real browser, with a real provider."""

import os
import re
import time

import oidc_provider_mock
import pytest
import requests
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from accounts.models import APIToken, Membership
from accounts.roles import Role
from accounts.services.organizations import create_organization
from tests import factories
from tests.conftest import Stack, answers, database_url_of_tests, free_port, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


@pytest.fixture
def site(transactional_db, static_files, tmp_path):
    """Loupe's web server alone, as `make run` names it, with a provider to sign in at."""
    with oidc_provider_mock.run_server_in_thread() as provider:
        url = f"http://localhost:{free_port()}"
        environment = {
            **os.environ,
            "DATABASE_URL": database_url_of_tests(),
            "LOUPE_PUBLIC_URL": url,
            "LOUPE_SIGNUP": "closed",
            "LOUPE_OIDC_URL": f"http://localhost:{provider.server_port}",
            "LOUPE_OIDC_NAME": "Example",
            "LOUPE_OIDC_CLIENT_ID": "loupe",
            "LOUPE_OIDC_CLIENT_SECRET": "secret",
            "LOUPE_OIDC_DOMAINS": "example.com",
            "LOUPE_OIDC_GROUP_ROLES": '{"leads": {"field-station": "admin"}}',
        }
        stack = Stack(url=url, environment=environment, logs=tmp_path)
        stack.start("web", "uvicorn", "config.asgi:application", "--port", url.rpartition(":")[2])
        try:
            wait_until(lambda: answers(f"{url}/healthz/live"), 60, lambda: stack.log("web"))
            yield stack
        finally:
            stack.stop("web")


@pytest.fixture
def page(browser, site):
    """A browser at `site`; what the policy refuses fails the test."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    context.route("**/cdn.jsdelivr.net/**", lambda route: route.abort())
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    context.close()
    assert errors == []


def sign_in(page: Page, user) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", user.username)
    page.fill("input[name=password]", factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()


def signed_in_as(page: Page) -> str:
    return page.evaluate("fetch('/api/v1/me/').then(a => a.json()).then(me => me.username ?? '')")


def test_second_factor_and_passkey(page):
    user = factories.make_user("ada")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    touch = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    holds = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": touch | holds})

    sign_in(page, user)
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set up").click()
    secret = page.locator("#totp-secret").inner_text().strip()
    page.get_by_label("Code that the app shows").fill(
        format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    )
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)

    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/accounts/2fa/")

    sign_out(page)
    sign_in(page, user)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert signed_in_as(page) == ""
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    assert signed_in_as(page) == "ada"

    sign_out(page)
    page.goto("/accounts/login/?next=/sessions/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r":\d+/sessions/$"))
    assert signed_in_as(page) == "ada"
    expect(page.get_by_text("This one", exact=True)).to_be_visible()

    approve_a_program(page)


def approve_a_program(page: Page) -> None:
    """The device flow, as an account with a second factor needs it."""
    base = page.url.partition("/sessions")[0]
    asked = requests.post(f"{base}/api/v1/auth/device/", json={"name": "laptop"}, timeout=10).json()
    page.goto(asked["verification_uri"])
    page.get_by_label("Code").fill(asked["user_code"])
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Approve only what you have started yourself")).to_be_visible()
    page.get_by_role("button", name="Approve as ada").click()
    expect(page.get_by_text("gets its token now")).to_be_visible()
    poll = {"device_code": asked["device_code"]}
    token = requests.post(f"{base}/api/v1/auth/device/token/", json=poll, timeout=10).json()
    assert token["token"].startswith("loupe_")
    assert APIToken.objects.get().user.username == "ada"


def test_single_sign_on(page, site):
    team = create_organization(user=factories.make_user(), name="Field station")
    claims = {"email": "cy@example.com", "email_verified": True, "groups": ["leads"]}
    provider = site.environment["LOUPE_OIDC_URL"]
    requests.put(f"{provider}/users/cy", json=claims, timeout=5).raise_for_status()
    page.goto("/accounts/login/?next=/sessions/")
    page.get_by_role("button", name="Sign in with Example").click()
    page.wait_for_url(f"{provider}/**")
    page.get_by_placeholder("sub").fill("cy")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{site.url}/sessions/")
    assert re.fullmatch("cy.*", signed_in_as(page))
    assert (
        Membership.objects.get(organization=team, user__email="cy@example.com").role == Role.ADMIN
    )
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with Example").click()
    page.wait_for_url(f"{provider}/**")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
    assert signed_in_as(page) == ""
