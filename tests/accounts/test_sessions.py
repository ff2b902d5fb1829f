from allauth.account.models import EmailAddress
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.devices import COOKIE
from accounts.models import APIToken, AuditEntry, KnownBrowser
from accounts.selectors.sessions import browser_name
from accounts.services.tokens import create_token
from tests import factories

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"


def browser(user_agent: str = FIREFOX) -> Client:
    return Client(headers={"user-agent": user_agent})


def sign_in(client: Client, user) -> Client:
    answer = client.post(
        reverse("account_login"), {"login": user.username, "password": factories.PASSWORD}
    )
    assert answer.status_code == 302
    return client


def notices(client: Client) -> list[str]:
    return [notice["browser"] for notice in client.session.get("new_sign_ins", [])]


def test_another_browser_is_told_to_the_one_at_hand_and_by_mail(user, mail_server):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    home = sign_in(browser(), user)
    assert home.cookies[COOKIE]["httponly"]
    assert notices(home) == []
    other = sign_in(browser(SAFARI), user)
    assert notices(home) == ["Safari on iPhone"]
    assert notices(other) == []
    assert "Safari on iPhone" in mail.outbox[0].body
    assert f"account {user.username} " in mail.outbox[0].body
    assert "/sessions/" in mail.outbox[0].body
    page = home.get("/datasets/").content.decode()
    assert "A new browser has signed in to your account" in page
    home.post(reverse("accounts:sign_ins_seen"))
    assert "A new browser" not in home.get("/datasets/").content.decode()


def test_a_known_browser_is_quiet_and_hears_of_what_it_missed(user):
    home = sign_in(browser(), user)
    home.post(reverse("account_logout"))
    sign_in(browser(SAFARI), user)
    assert mail.outbox == []
    sign_in(home, user)
    assert KnownBrowser.objects.count() == 2
    assert notices(home) == ["Safari on iPhone"]
    home.post(reverse("account_logout"))
    sign_in(home, user)
    assert notices(home) == []


def test_one_browser_is_signed_out(user):
    home, other = sign_in(browser(), user), sign_in(browser(SAFARI), user)
    lines = home.get(reverse("accounts:sessions")).context["lines"]
    assert [(line.browser, line.current) for line in lines] == [
        ("Firefox on Linux", True),
        ("Safari on iPhone", False),
    ]
    home.post(reverse("accounts:session_end", args=[lines[1].session.pk]))
    assert other.get("/api/v1/me/").status_code == 401
    assert home.get("/api/v1/me/").status_code == 200


def test_everything_ends_at_once(user):
    home, other, unknown = sign_in(browser(), user), sign_in(browser(SAFARI), user), browser()
    # A session from before sessions were counted has no row of its own.
    unknown.force_login(user)
    create_token(user=user, name="camera")
    answer = home.post(reverse("accounts:sessions_end_all"))
    assert answer.url == reverse("account_login")
    for client in (home, other, unknown):
        assert client.get("/api/v1/me/").status_code == 401
    assert not APIToken.objects.exists()
    entry = AuditEntry.objects.get(action="session.end_all")
    assert entry.detail["tokens"] == 1
    sign_in(home, user)
    assert home.get("/api/v1/me/").status_code == 200
    # Only the browser at hand stays known.
    sign_in(other, user)
    assert notices(home) == ["Safari on iPhone"]


def test_names_of_browsers():
    assert browser_name("curl/8") == "A browser"
    assert (
        browser_name("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130")
        == "Edge on Windows"
    )


def test_a_better_hash_of_the_password_ends_no_session_that_confirms_it(user, db):
    """As after an update of Django that hashes with more rounds."""
    client = sign_in(browser(), user)
    hasher = get_hasher("default")
    rounds = hasher.iterations
    old = hasher.encode(factories.PASSWORD, hasher.salt(), iterations=rounds - 1)
    type(user).objects.filter(pk=user.pk).update(password=old)
    user.refresh_from_db()
    session = client.session
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    answer = client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.password.split("$")[1] == str(rounds)
    assert client.get(reverse("accounts:sessions")).status_code == 200
