"""Alerts by mail: chosen, sent one each or bundled, and ended by a link."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from accounts.models import Membership
from jobs.models import Job
from tests.factories import make_user
from tests.webhooks.made import do_jobs, tell
from webhooks import limits
from webhooks.models import AlertChoice, MailAlert
from webhooks.services.alerts import choose_alerts
from webhooks.services.mail import signed
from webhooks.services.wake import send_what_is_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_server")]


@pytest.fixture
def person():
    person = make_user()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def organization(person):
    return person.personal_organization


@pytest.fixture
def choice(person, organization):
    return choose_alerts(user=person, organization=organization, events=["job.failed"])


def send() -> list[Job]:
    send_what_is_due()
    return do_jobs()


def test_each_event_is_a_mail_with_its_sentence_and_link(choice, person, organization, settings):
    settings.PUBLIC_URL = "https://loupe.example"
    tell(organization, text="The import\nhas failed & <b>stopped</b>.")
    tell(organization, "drift.found")
    send()
    [sent] = mail.outbox
    assert sent.to == [person.email]
    assert sent.subject == "[Loupe] The import has failed & <b>stopped</b>."
    assert "has failed & <b>stopped</b>." in sent.body
    assert "https://loupe.example/jobs/1/" in sent.body
    stop = f"https://loupe.example/alerts/stop/{signed(choice)}/"
    assert stop in sent.body
    assert sent.extra_headers["List-Unsubscribe"] == f"<{stop}>"
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert send() == []


def test_the_last_mail_of_an_hour_holds_all_that_wait(choice, organization):
    for number in range(20):
        tell(organization, text=f"Failure {number}.")
    send()
    assert len(mail.outbox) == limits.MAILS_AN_HOUR
    assert mail.outbox[0].subject == "[Loupe] Failure 0."
    assert mail.outbox[-1].subject == f"[Loupe] 15 events of {organization.name}"
    assert all(f"Failure {number}." in mail.outbox[-1].body for number in range(5, 20))
    tell(organization, text="Later 1.")
    tell(organization, text="Later 2.")
    assert send() == [], "the hour is full"
    first = MailAlert.objects.exclude(sent_at=None).order_by("sent_at").first()
    MailAlert.objects.filter(mail=first.mail).update(sent_at=timezone.now() - timedelta(hours=1))
    send()
    assert mail.outbox[-1].subject == f"[Loupe] 2 events of {organization.name}"


def test_what_did_not_fit_is_said(choice, organization, monkeypatch):
    monkeypatch.setattr("webhooks.services.keep.MOST_WAITING_ALERTS", 1)
    for _ in range(3):
        tell(organization)
    send()
    assert "2 more events are not named here" in mail.outbox[0].body
    choice.refresh_from_db()
    assert choice.left_out == 0


def test_no_mail_goes_to_who_has_left_or_has_confirmed_no_address(choice, organization, person):
    tell(organization)
    EmailAddress.objects.update(verified=False)
    send()
    EmailAddress.objects.update(verified=True)
    tell(organization)
    Membership.objects.filter(user=person).delete()
    send()
    assert mail.outbox == []
    assert not MailAlert.objects.exists()


def test_a_mail_server_that_does_not_answer_is_tried_again(choice, organization, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    tell(organization)
    [job] = send()
    assert (job.status, MailAlert.objects.get().sent_at) == ("retry_wait", None)


def test_the_link_ends_it_without_signing_in(choice, organization, client):
    tell(organization)
    address = f"/alerts/stop/{signed(choice)}/"
    assert "Stop the mails" in client.get(address).content.decode()
    choice.refresh_from_db()
    assert choice.events == ["job.failed"], "mail programs open links by themselves"
    answer = client.post(address, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    choice.refresh_from_db()
    assert choice.events == []
    assert send() == []
    assert client.get("/alerts/stop/forged/").status_code == 404


def test_the_page_says_where_no_mail_is_sent(page_client, user, settings):
    address = f"/organizations/{user.personal_organization.slug}/alerts/"
    assert "You have confirmed no mail address" in page_client.get(address).content.decode()
    settings.MAIL_IS_SENT = False
    assert "This Loupe sends no mail" in page_client.get(address).content.decode()
    answer = page_client.post(address, {"events": ["drift.found", "job.failed"]}, follow=True)
    assert "You are told of 2 kinds of event" in answer.content.decode()
    assert AlertChoice.objects.get(user=user).events == ["job.failed", "drift.found"]


def test_the_api_says_and_changes_it(api, user):
    address = f"/api/v1/organizations/{user.personal_organization.slug}/alerts/"
    assert api.get(address).json() == {"events": [], "sent_to": ""}
    assert api.put(address, {"events": ["drift.found"]}).json()["events"] == ["drift.found"]
    refused = api.put(address, {"events": ["unheard.of"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/events/0")
