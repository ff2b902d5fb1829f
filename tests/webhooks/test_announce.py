"""What happens is written down for those who asked, once, in the transaction that makes it so."""

import json
from datetime import datetime

import pytest
from django.db import transaction
from django.utils.functional import lazy

from accounts.models import Membership
from accounts.roles import Role
from tests.factories import make_member, make_user
from webhooks import limits
from webhooks.events import Event
from webhooks.models import AlertChoice, MailAlert, WebhookDelivery, WebhookEndpoint
from webhooks.services.announce import announce

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return make_user().personal_organization


def make_endpoint(organization, events=("job.failed",), **fields):
    return WebhookEndpoint.objects.create(
        organization=organization,
        url="https://example.com/hook",
        events=list(events),
        secret="none",
        **fields,
    )


def tell(organization, event="job.failed", url="/jobs/1/", **further):
    announce(
        organization=organization,
        event=event,
        subject={"type": "job", "id": "1", "url": url},
        data={"title": "Import of <birds>"},
        **further,
    )


def test_only_who_asked_gets_it_and_in_one_statement_where_no_one_did(
    organization, django_assert_num_queries
):
    other = make_user().personal_organization
    make_endpoint(other)
    make_endpoint(organization, events=["drift.found"])
    make_endpoint(organization, disabled_at=datetime.fromisoformat("2026-01-01T00:00:00Z"))
    # The savepoint of the test's own transaction is two more.
    with django_assert_num_queries(3):
        tell(organization)
    assert not WebhookDelivery.objects.exists()
    mine = make_endpoint(organization)
    tell(organization)
    assert WebhookDelivery.objects.get().endpoint == mine


def test_no_route_is_looked_up_where_no_one_has_asked(organization):
    """A job's process has not imported the routes; that takes it over a second."""
    looked_up = []
    url = lazy(lambda: looked_up.append("jobs:detail") or "/jobs/1/", str)()
    tell(organization, url=url)
    assert not looked_up
    make_endpoint(organization)
    tell(organization, url=url)
    assert looked_up == ["jobs:detail"]


def test_the_body_is_as_standard_webhooks_has_it(organization, settings):
    settings.PUBLIC_URL = "https://loupe.example"
    make_endpoint(organization)
    tell(organization, text="The import has failed.")
    body = json.loads(WebhookDelivery.objects.get().body)
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == "job.failed"
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert body["data"] == {
        "organization": organization.slug,
        "subject": {"type": "job", "id": "1", "url": "https://loupe.example/jobs/1/"},
        "text": "The import has failed.",
        "title": "Import of <birds>",
    }


def test_after_a_rollback_nothing_is_told(organization):
    make_endpoint(organization)
    with transaction.atomic():
        tell(organization)
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_an_unknown_event_and_too_much_data_are_faults_of_the_caller(organization):
    make_endpoint(organization)
    with pytest.raises(ValueError, match="never"):
        tell(organization, event="never.heard")
    subject = {"type": "job", "id": "1", "url": "/jobs/1/"}
    with pytest.raises(ValueError, match="up to 16384 bytes"):
        announce(
            organization=organization, event="job.failed", subject=subject, data={"x": "y" * 16384}
        )


def test_what_is_built_in_has_no_one_to_tell(django_assert_num_queries):
    with django_assert_num_queries(2):
        tell(None)


def test_what_does_not_fit_is_counted_as_left_out(organization, monkeypatch):
    monkeypatch.setattr("webhooks.services.keep.MOST_WAITING", 2)
    endpoint = make_endpoint(organization)
    for _ in range(5):
        tell(organization)
    endpoint.refresh_from_db()
    assert (endpoint.deliveries.count(), endpoint.left_out) == (2, 3)
    assert endpoint.left_out_at is not None
    assert limits.MOST_WAITING == 1000


def test_members_who_chose_it_are_told_by_mail_where_mail_is_sent(organization, settings):
    settings.MAIL_IS_SENT = True
    member = make_member(organization, Role.VIEWER)
    left = make_member(organization, Role.VIEWER)
    gone = make_member(organization, Role.VIEWER)
    for person in (member, left, gone):
        AlertChoice.objects.create(organization=organization, user=person, events=["job.failed"])
    Membership.objects.filter(user=left).filter(organization=organization).delete()
    gone.is_active = False
    gone.save()
    tell(organization, text="It has failed.")
    alert = MailAlert.objects.get()
    assert (alert.choice.user, alert.text, alert.sent_at) == (member, "It has failed.", None)
    tell(organization)
    assert MailAlert.objects.order_by("created_at").last().text == f"{Event.JOB_FAILED.label}."


def test_no_alert_is_kept_where_no_mail_is_sent(organization, settings):
    settings.MAIL_IS_SENT = False
    person = organization.personal_for
    AlertChoice.objects.create(organization=organization, user=person, events=["job.failed"])
    tell(organization)
    assert not MailAlert.objects.exists()


def test_alerts_that_do_not_fit_are_counted(organization, settings, monkeypatch):
    settings.MAIL_IS_SENT = True
    monkeypatch.setattr("webhooks.services.keep.MOST_WAITING_ALERTS", 1)
    person = organization.personal_for
    choice = AlertChoice.objects.create(
        organization=organization, user=person, events=["job.failed"]
    )
    for _ in range(3):
        tell(organization)
    choice.refresh_from_db()
    assert (MailAlert.objects.count(), choice.left_out) == (1, 2)
