"""What people and pages are told whose session has ended, or has begun again."""

import uuid
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import APIToken

HERE = "http://testserver"
STALE = "Reload it, then try again"


def test_htmx_is_not_sent_to_the_sign_in_page(client, db):
    answer = client.get("/jobs/news/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert client.get("/jobs/news/").status_code == 302


def test_a_form_that_is_too_old_gets_a_page_of_ours(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/tokens/", {"name": "camera"})
    assert answer.status_code == 403
    assert "reload that page and send the form again" in answer.content.decode()
    assert user.username in answer.content.decode()
    answer = client.post("/tokens/", {"name": "camera"}, headers={"Referer": f"{HERE}/tokens/"})
    assert '<a class="btn btn-primary" href="/tokens/">' in answer.content.decode()
    answer = client.post("/tokens/", {"name": "camera"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.json()["code"]) == (403, "stale_page")
    assert not APIToken.objects.filter(user=user).exists()


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        (f"{HERE}/datasets/7/?class=cat", "/datasets/7/?class=cat"),
        ("https://elsewhere.example/datasets/", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_back_to_the_page_of_the_form(client, db, referrer, back):
    url = f"/datasets/classes/{uuid.uuid4()}/rename/"
    answer = client.post(url, {"name": "cat"}, headers={"Referer": referrer} if referrer else {})
    assert answer.status_code == 302
    parts = urlsplit(answer["Location"])
    assert parts.path == "/accounts/login/"
    assert dict(parse_qsl(parts.query)) == {"next": back, "unsent": "1"}
    page = client.get(answer["Location"]).content.decode()
    assert "nothing was sent" in page
    assert "nothing was sent" not in client.get("/accounts/login/").content.decode()


def test_an_address_for_forms_alone_has_a_page_of_ours(page_client):
    url = f"/jobs/{uuid.uuid4()}/retry/"
    answer = page_client.get(url)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "not a page" in answer.content.decode()
    answer = page_client.get(url, headers={"Referer": f"{HERE}/jobs/"})
    assert '<a class="btn btn-primary" href="/jobs/">' in answer.content.decode()
    assert page_client.get(url, headers={"HX-Request": "true"}).content == b""
    assert page_client.delete("/api/v1/me/")["Content-Type"].startswith("application/problem+json")


def test_a_script_of_a_page_that_is_too_old_is_told_to_reload(user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/api/v1/datasets/", {"name": "Birds"})
    assert answer.status_code == 403
    assert STALE in answer.json()["detail"]
