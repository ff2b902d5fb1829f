"""What people and pages are told whose session has ended, or has begun anew."""

from django.test import Client
from rest_framework.test import APIClient

from accounts.models import APIToken

STALE = "Reload it, then try again"


def test_htmx_is_not_sent_to_the_sign_in_page(client, db):
    answer = client.get("/jobs/badge/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert client.get("/jobs/badge/").status_code == 302


def test_a_form_that_is_too_old_gets_a_page_of_ours(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/team/tokens/", {"name": "camera"})
    assert answer.status_code == 403
    assert "reload that page and send the form again" in answer.content.decode()
    assert not APIToken.objects.filter(user=user).exists()


def test_a_script_of_a_page_that_is_too_old_is_told_to_reload(user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/api/v1/datasets/", {"name": "Birds"})
    assert answer.status_code == 403
    assert STALE in answer.json()["detail"]
