"""What anyone can write into an address: cursors, where a request came from."""

import json
import os
import subprocess
import sys

import pytest
from django.test import RequestFactory

from accounts.models import User
from accounts.services.organizations import create_organization
from common.requests import came_from
from tests import factories
from tests.cursors import POSITIONS, cursor


@pytest.mark.parametrize("address", ["datasets/", "datasets/{}/classes/", "jobs/"])
def test_crafted_cursors_of_the_api_are_answered(api, user, address):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "cat", 1)
    url = f"/api/v1/{address.format(dataset.pk)}"
    crafted = [cursor(position) for position in POSITIONS]
    crafted += [cursor(position, r="1") for position in POSITIONS]
    crafted += [cursor("2026-01-01", o="9" * 30), cursor("2026-01-01", o="-1"), "ü", "=", "AAAA"]
    answers = {text: api.get(url, {"cursor": text}).status_code for text in crafted}
    assert set(answers.values()) <= {200, 404}, answers
    assert 404 in answers.values()


def test_crafted_cursors_of_the_gallery_are_answered(page_client, user):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "cat", 1)
    some = "00000000-0000-0000-0000-000000000000"
    for position in POSITIONS:
        after = f"{position}~{some}".encode(errors="replace").decode()
        answer = page_client.get(f"/datasets/{dataset.pk}/", {"after": after})
        assert answer.status_code == 200, position


@pytest.mark.parametrize(
    ("referrer", "path"),
    [
        ("http://testserver/datasets/?q=a", "/datasets/?q=a"),
        ("http://testserver//elsewhere/x", ""),
        ("http://testserver/\\elsewhere", ""),
        ("http://testserver/\t/elsewhere", ""),
        ("http://testserver", ""),
        ("http://elsewhere/datasets/", ""),
        ("http://[", ""),
    ],
)
def test_a_request_came_from_a_page_of_ours_or_from_none(referrer, path):
    request = RequestFactory().post("/", headers={"Referer": referrer})
    assert came_from(request) == path


def test_private_pages_are_kept_by_no_cache(client, user):
    # Whose caching is their own business: the pages of signed-out people, and what says so itself.
    assert "Cache-Control" not in client.get("/healthz/live").headers
    client.force_login(user)
    for address in ("/", "/datasets/", "/api/v1/me/", "/nothing/", "/jobs/"):
        assert client.get(address)["Cache-Control"] == "private, no-store", address
    dataset = factories.make_dataset(user=user)
    [image] = factories.make_images(dataset, "cat", 1)
    thumbnail = client.get(f"/api/v1/images/{image.pk}/thumbnail/")
    assert "max-age" in thumbnail["Cache-Control"]
    page = client.get("/datasets/", headers={"Accept-Encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"


def test_with_an_https_address_cookies_stay_off_http_and_https_is_remembered():
    """In a process of its own: the settings read the environment once."""
    code = (
        "import django; django.setup(); from django.conf import settings as s;"
        "from django.test import Client; import json; c = Client();"
        "h = {'Host': 'loupe.example.org'};"
        "answers = [c.get('/healthz/live', secure=secure, headers=h) for secure in (True, False)];"
        "hsts = [a.headers.get('Strict-Transport-Security') for a in answers];"
        "print(json.dumps([hsts, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE]))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    for address, expected in {
        "https://loupe.example.org": [["max-age=31536000", None], True, True],
        "http://loupe.example.org": [[None, None], False, False],
    }.items():
        said = subprocess.run(
            [sys.executable, "-c", code],
            env=environment | {"LOUPE_PUBLIC_URL": address},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(said.stdout) == expected


def test_every_cookie_that_lets_somebody_in_is_hidden_from_scripts_and_other_sites(
    client, user, settings
):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    team = create_organization(user=user, name="Field station")
    client.get("/accounts/login/", secure=True)
    form = {"login": user.username, "password": factories.PASSWORD}
    assert client.post("/accounts/login/", form, secure=True).status_code == 302
    client.post(f"/organizations/{team.slug}/invitations/", {"role": "editor"}, secure=True)
    cookies = {name: cookie for name, cookie in client.cookies.items() if cookie.value}
    assert {"sessionid", "csrftoken", "loupe_once"} < set(cookies)
    for name, cookie in cookies.items():
        assert cookie["secure"], name
        assert cookie["samesite"] in ("Lax", "Strict"), name
        # Our modules read the token that each form sends along.
        assert cookie["httponly"] or name == "csrftoken", name


def directives(answer) -> dict[str, set[str]]:
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


def test_no_other_site_frames_a_page_or_adds_to_it(client, user):
    """The policy of every kind of answer; only scripts and styles of the admin's own are let in."""
    factories.sign_in(client, User.objects.create_superuser("root", password=factories.PASSWORD))
    for address in (
        "/",
        "/accounts/reauthenticate/?next=/team/invitations/s3cret/",
        "/nothing/",
        "/api/v1/me/",
        "/admin/",
        "/healthz/live",
    ):
        answer = client.get(address)
        policy = directives(answer)
        for closed in ("frame-ancestors", "base-uri", "object-src"):
            assert policy[closed] == {"'none'"}, (address, closed)
        for own in ("default-src", "form-action", "connect-src"):
            assert policy[own] == {"'self'"}, (address, own)
        scripts = policy["script-src"] | policy["style-src"]
        if address != "/admin/":
            assert scripts == {"'self'"}, address
        # Nothing from elsewhere, and no data: address as a script.
        assert scripts <= {"'self'", "'unsafe-inline'", "'unsafe-eval'"}, address
        assert policy["img-src"] == {"'self'", "data:", "blob:"}, address
        assert answer.headers["X-Frame-Options"] == "DENY", address
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        # Its address may carry a link that opens something.
        referrer = "strict-origin" if "next=" in address else "same-origin"
        assert answer.headers["Referrer-Policy"] == referrer, address
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", address
