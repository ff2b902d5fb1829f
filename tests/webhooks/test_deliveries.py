"""From an event to a receiver that verifies it: signatures, retries, switching off, replay."""

import json
import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.errors import RateExceeded
from accounts.models import AuditEntry
from accounts.roles import Role
from accounts.services import turns
from common.errors import Conflict
from jobs.models import Job
from jobs.services import chores
from tests import factories
from tests.conftest import free_port
from tests.webhooks.made import do_jobs, make_endpoint, tell
from tests.webhooks.receivers import make_certificate, running, say
from webhooks import limits
from webhooks.models import DeliveryStatus, MailAlert, WebhookDelivery
from webhooks.outgoing import post as posting
from webhooks.outgoing.addresses import read_networks
from webhooks.services.endpoints import change_endpoint, rotate_secret
from webhooks.services.sweep import sweep
from webhooks.services.tries import replay, send_test
from webhooks.services.wake import send_what_is_due

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificates"), "127.0.0.1")


@pytest.fixture
def receiver(certificate, monkeypatch, settings):
    settings.WEBHOOK_NETWORKS = read_networks(["127.0.0.1"])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    posting._trust.cache_clear()
    with running(certificate) as receiver:
        yield receiver
    posting._trust.cache_clear()


@pytest.fixture
def owner(db):
    return factories.make_user()


@pytest.fixture
def organization(owner):
    return owner.personal_organization


@pytest.fixture
def hooked(organization, receiver):
    endpoint, secret = make_endpoint(organization, receiver.url(host="127.0.0.1"))
    endpoint.clear_secret = secret
    return endpoint


def deliver() -> list[Job]:
    send_what_is_due()
    return do_jobs()


def pass_time(endpoint, **time) -> None:
    """Have what was planned become due, as if time had passed."""
    passed = timedelta(**time)
    for delivery in endpoint.deliveries.exclude(next_try_at=None):
        delivery.next_try_at -= passed
        delivery.save()
    endpoint.refresh_from_db()
    for field in ("rests_until", "failing_since", "previous_secret_until"):
        if getattr(endpoint, field):
            setattr(endpoint, field, getattr(endpoint, field) - passed)
    endpoint.save()


def test_the_public_library_verifies_what_comes(hooked, receiver, organization):
    tell(organization, text="<b>Ümlaut</b> & more.", title="x")
    [job] = deliver()
    assert (job.kind, job.status, job.result["sent"]) == ("deliver_webhooks", "succeeded", 1)
    [(headers, body)] = receiver.got
    verified = Webhook(hooked.clear_secret).verify(body, headers)
    assert verified["type"] == "job.failed"
    assert verified["data"]["text"] == "<b>Ümlaut</b> & more."
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    with pytest.raises(WebhookVerificationError):
        Webhook(hooked.clear_secret).verify(body.replace(b"job.failed", b"job.passed"), headers)
    delivery = hooked.deliveries.get()
    assert delivery.status == DeliveryStatus.DELIVERED
    assert headers["webhook-id"] == f"msg_{delivery.pk.hex}"
    attempt = delivery.attempts.get()
    assert (attempt.status_code, attempt.code, attempt.answer) == (200, "", "thanks")
    assert deliver() == []


def test_after_a_rotation_both_secrets_verify_for_a_day(hooked, receiver, organization, owner):
    new = rotate_secret(user=owner, endpoint=hooked)
    tell(organization)
    deliver()
    headers, body = receiver.got[-1]
    for secret in (hooked.clear_secret, new):
        assert Webhook(secret).verify(body, headers)
    pass_time(hooked, hours=25)
    tell(organization)
    deliver()
    headers, body = receiver.got[-1]
    assert Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(hooked.clear_secret).verify(body, headers)


def test_the_secret_is_kept_encrypted_and_a_changed_key_is_said(hooked, organization, settings):
    assert hooked.clear_secret not in hooked.secret
    settings.SECRET_KEY = "another"
    tell(organization)
    deliver()
    attempt = hooked.deliveries.get().attempts.get()
    assert (attempt.code, "make a new one" in attempt.detail) == ("secret_unreadable", True)


def test_it_is_tried_eight_times_within_a_day_or_so_under_one_id(hooked, receiver, organization):
    receiver.answer = lambda handler: say(handler, 503, b"busy")
    tell(organization)
    waits = []
    for number in range(1, 9):
        deliver()
        delivery = hooked.deliveries.get()
        assert delivery.tries == number
        if delivery.next_try_at:
            waits.append((delivery.next_try_at - timezone.now()).total_seconds())
            pass_time(hooked, seconds=waits[-1] + 1)
    assert delivery.status == DeliveryStatus.FAILED
    assert len(receiver.got) == 8 == len(limits.RETRY_SECONDS) + 1
    assert all(
        plan - 2 <= wait <= plan * 1.1
        for plan, wait in zip(limits.RETRY_SECONDS, waits, strict=True)
    )
    assert 24 * 3600 <= sum(limits.RETRY_SECONDS) <= 30 * 3600
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    assert deliver() == []


def test_a_retry_that_is_accepted_ends_it(hooked, receiver, organization):
    receiver.answer = lambda handler: say(handler, 500)
    tell(organization)
    deliver()
    hooked.refresh_from_db()
    assert hooked.failing_since is not None
    receiver.answer = lambda handler: say(handler, 204)
    assert deliver() == [], "not before its time"
    pass_time(hooked, seconds=10)
    deliver()
    hooked.refresh_from_db()
    assert hooked.deliveries.get().status == DeliveryStatus.DELIVERED
    assert (hooked.failing_since, hooked.failures) == (None, 0)


def test_410_switches_it_off_at_once_and_tells_the_admins(
    hooked, receiver, organization, owner, mail_server
):
    factories.make_member(organization, Role.VIEWER)
    admin = factories.make_member(organization, Role.ADMIN)
    receiver.answer = lambda handler: say(handler, 410)
    for _ in range(3):
        tell(organization)
    deliver()
    hooked.refresh_from_db()
    assert "410" in hooked.disabled_because
    assert len(receiver.got) == 1
    assert set(hooked.deliveries.values_list("status", flat=True)) == {"failed"}
    assert {alert.choice.user for alert in MailAlert.objects.all()} == {owner, admin}
    assert AuditEntry.objects.filter(action="webhook.switch_off", object_id=hooked.pk).exists()
    tell(organization)
    assert hooked.deliveries.count() == 3
    change_endpoint(user=owner, endpoint=hooked, enabled=True)
    receiver.answer = lambda handler: say(handler, 200)
    tell(organization)
    deliver()
    assert hooked.deliveries.filter(status="delivered").count() == 1


def test_who_fails_for_days_is_switched_off(hooked, receiver, organization):
    receiver.answer = lambda handler: say(handler, 500, b"no")
    for _ in range(limits.FAILURES_BEFORE_OFF):
        tell(organization)
    deliver()
    hooked.refresh_from_db()
    assert hooked.disabled_at is None
    pass_time(hooked, days=limits.FAILING_DAYS)
    deliver()
    hooked.refresh_from_db()
    assert hooked.disabled_because.startswith("Nothing was accepted for 5 days; the last try: It")


def test_who_does_not_answer_rests_and_holds_no_one(hooked, organization, receiver, monkeypatch):
    """One try a turn: nine others of the same endpoint wait, those of others go on."""
    other = factories.make_user().personal_organization
    working, _ = make_endpoint(other, receiver.url(host="127.0.0.1"))
    hooked.url = f"https://127.0.0.1:{free_port()}/"
    hooked.save()
    for _ in range(10):
        tell(organization)
        tell(other)
    assert len(deliver()) == 2
    assert working.deliveries.filter(status="delivered").count() == 10
    hooked.refresh_from_db()
    assert hooked.deliveries.filter(attempts__code="not_connected").count() == 1
    assert hooked.rests_until > timezone.now()
    assert deliver() == [], "it rests"
    pass_time(hooked, seconds=6)
    assert len(deliver()) == 1


def test_only_one_job_is_at_an_endpoint(hooked, organization):
    for _ in range(5):
        tell(organization)
        send_what_is_due()
    assert Job.objects.filter(kind="deliver_webhooks").count() == 1


def test_a_flood_is_delivered_turn_by_turn(hooked, organization, receiver):
    for _ in range(limits.DELIVERIES_A_TURN + 3):
        tell(organization)
    assert [job.result["sent"] for job in deliver()] == [limits.DELIVERIES_A_TURN, 3]
    assert len(receiver.got) == limits.DELIVERIES_A_TURN + 3


def test_a_worker_that_died_after_it_had_sent_sends_it_again_under_the_same_id(
    hooked, organization, receiver
):
    from webhooks.services.send import send

    tell(organization)
    send(hooked.deliveries.get())
    deliver()
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [
        f"msg_{hooked.deliveries.get().pk.hex}"
    ] * 2


def test_a_test_goes_to_any_webhook_once(hooked, owner, receiver):
    change_endpoint(user=owner, endpoint=hooked, enabled=False)
    delivery, job = send_test(user=owner, endpoint=hooked)
    assert deliver() == [job]
    delivery.refresh_from_db()
    job.refresh_from_db()
    assert (delivery.status, job.result["accepted"]) == ("delivered", True)
    assert Webhook(hooked.clear_secret).verify(receiver.got[0][1], receiver.got[0][0])
    receiver.answer = lambda handler: say(handler, 500)
    delivery, job = send_test(user=owner, endpoint=hooked)
    deliver()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts.get().asked_by) == ("failed", owner)
    hooked.refresh_from_db()
    assert hooked.failing_since is None


def test_a_replay_changes_nothing_of_the_plan_unless_it_is_accepted(
    hooked, owner, receiver, organization
):
    receiver.answer = lambda handler: say(handler, 500)
    tell(organization)
    deliver()
    planned = hooked.deliveries.get().next_try_at
    replay(user=owner, delivery=hooked.deliveries.get())
    do_jobs()
    delivery = hooked.deliveries.get()
    assert (delivery.tries, delivery.next_try_at, delivery.attempts.count()) == (1, planned, 2)
    receiver.answer = lambda handler: say(handler, 200)
    replay(user=owner, delivery=delivery)
    do_jobs()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.next_try_at) == ("delivered", None)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_what_a_person_may_have_tried_is_bounded(hooked, owner, monkeypatch):
    for _ in range(10):
        send_test(user=owner, endpoint=hooked)
    with pytest.raises(Conflict, match="10 tests and replays"):
        send_test(user=owner, endpoint=hooked)
    Job.objects.update(status="cancelled")
    monkeypatch.setattr("webhooks.services.tries.TRIES_AN_HOUR", 11)
    with pytest.raises(RateExceeded, match="11 tests and replays of webhooks an hour"):
        send_test(user=owner, endpoint=hooked)
    assert turns is not None


def test_a_network_that_the_operator_takes_back_is_called_no_more(
    hooked, receiver, organization, settings
):
    tell(organization)
    settings.WEBHOOK_NETWORKS = []
    deliver()
    assert hooked.deliveries.get().attempts.get().code == "address_refused"
    assert receiver.got == []


def test_an_organization_has_a_number_of_webhooks(organization, monkeypatch):
    monkeypatch.setattr("webhooks.services.endpoints.MOST_ENDPOINTS", 2)
    for _ in range(2):
        make_endpoint(organization)
    with pytest.raises(Conflict, match="may have 2 webhooks") as refusal:
        make_endpoint(organization)
    assert refusal.value.code == "too_many_webhooks"


def test_so_has_a_person(organization, monkeypatch):
    monkeypatch.setattr("webhooks.services.endpoints.MOST_ENDPOINTS_OF_A_PERSON", 1)
    make_endpoint(organization)
    with pytest.raises(Conflict, match="A person may have made 1"):
        make_endpoint(organization)


def test_the_log_is_kept_for_a_month(hooked, organization, receiver, monkeypatch):
    monkeypatch.setattr("webhooks.services.sweep.JOB_KEEP_DAYS", 0)
    tell(organization)
    deliver()
    tell(organization)
    old = timezone.now() - timedelta(days=limits.KEEP_DAYS + 1)
    WebhookDelivery.objects.update(created_at=old)
    Job.objects.filter(queue="notify", status="succeeded").update(tidied_at=old)
    sweep()
    assert [delivery.status for delivery in hooked.deliveries.all()] == ["waiting"]
    assert not Job.objects.filter(queue="notify", status="succeeded").exists()


def test_beat_wakes_what_is_due(hooked, organization, caplog):
    tell(organization)
    with caplog.at_level(logging.ERROR):
        chores.run_prompt()
    assert Job.objects.filter(kind="deliver_webhooks", status="pending").count() == 1
    assert caplog.records == []


def test_right_after_the_commit_it_is_on_its_way(
    hooked, organization, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        tell(organization)
    assert Job.objects.filter(kind="deliver_webhooks").count() == 1
    assert json.loads(hooked.deliveries.get().body)["type"] == "job.failed"
    assert mail.outbox == []
