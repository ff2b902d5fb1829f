"""The pages of django-allauth in Loupe's dress, on the real settings and database."""

import re

import pytest
from django.core import mail
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_login", "Sign in"),
        ("account_signup", "Create an account"),
        ("account_reset_password", "Reset your password"),
        ("account_reset_password_done", "Look into your mail"),
        ("account_reset_password_from_key_done", "Password saved"),
        ("account_email_verification_sent", "Look into your mail"),
    ],
)
def test_entrance_page(client, name: str, heading: str) -> None:
    html = client.get(reverse(name)).content.decode()
    assert f"<h1>{heading}</h1>" in html
    assert '<aside class="sidebar' not in html


@pytest.mark.parametrize("name", ["account_email", "account_change_password"])
def test_account_page_stands_in_the_frame(page_client, user, name: str) -> None:
    html = page_client.get(reverse(name)).content.decode()
    assert "<h1>Account</h1>" in html
    assert f'<a href="{reverse(name)}" aria-current="page">' in html
    assert user.username in html


def test_signing_out_asks_with_a_form(page_client) -> None:
    html = page_client.get(reverse("account_logout")).content.decode()
    assert "<h1>Sign out</h1>" in html
    page_client.post(reverse("account_logout"))
    assert page_client.get(reverse("account_email")).status_code == 302


def test_wrong_password_is_said_once_and_plainly(client, user) -> None:
    answer = client.post(
        reverse("account_login"), {"login": user.username, "password": "not the one"}
    )
    assert answer.content.decode().count("problem-title") == 1


def check_mail(message) -> None:
    """It greets a person in the name of Loupe, and not "from 127.0.0.1:9000!"."""
    assert message.subject.startswith("[Loupe] ")
    assert message.body.startswith("Hello,\n")
    assert "This mail came from Loupe at http" in message.body.rstrip().splitlines()[-1]
    assert "Hello from" not in message.body
    assert "Thank you for using" not in message.body


def test_forgotten_password_is_replaced_through_the_mail(client, user, mail_server) -> None:
    client.post(reverse("account_reset_password"), {"email": user.email})
    check_mail(mail.outbox[-1])
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body).group(1)
    page = client.get(link, follow=True)
    assert "<h1>Choose a new password</h1>" in page.content.decode()
    action = page.redirect_chain[-1][0]
    new = {"password1": "a-much-longer-secret-7", "password2": "a-much-longer-secret-7"}
    client.post(action, new)
    user.refresh_from_db()
    assert user.check_password("a-much-longer-secret-7")
    html = client.get(link, follow=True).content.decode()
    assert "<h1>This link no longer works</h1>" in html


def test_address_is_confirmed_through_the_mail(page_client, user, mail_server) -> None:
    page_client.post(
        reverse("account_email"), {"action_add": "", "email": "ada.second@example.org"}
    )
    check_mail(mail.outbox[-1])
    link = re.search(r"https?://[^/]+(/\S*confirm\S+)", mail.outbox[-1].body).group(1)
    html = page_client.get(link).content.decode()
    assert "<h1>Confirm your email address</h1>" in html
    page_client.post(link)
    assert user.emailaddress_set.get(email="ada.second@example.org").verified
    html = page_client.get(reverse("account_email")).content.decode()
    assert "Confirmed" in html
    assert "<h1>This link no longer works</h1>" in page_client.get(link[:-3] + "/").content.decode()


@pytest.mark.parametrize("code", [403, 404])
def test_error_page_stands_in_the_frame(rf, user, code: int) -> None:
    from django.views import defaults

    request = rf.get("/nowhere/")
    request.user = user
    view = {403: defaults.permission_denied, 404: defaults.page_not_found}[code]
    answer = view(request, exception=Exception())
    assert answer.status_code == code
    assert '<aside class="sidebar' in answer.content.decode()


def test_page_for_our_own_faults_needs_nothing(rf, django_assert_num_queries) -> None:
    from django.views import defaults

    with django_assert_num_queries(0):
        answer = defaults.server_error(rf.get("/"))
    assert "Something went wrong on our side" in answer.content.decode()
