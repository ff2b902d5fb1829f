"""The running platform: an event in the web's database, a real worker, a real receiver."""

from contextlib import suppress

import psutil
import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from jobs.models import Job
from tests.conftest import wait_until
from tests.factories import make_user
from tests.jobs.faults.processes import supervisor_of
from tests.webhooks.made import make_endpoint, tell
from tests.webhooks.receivers import make_certificate, running, say
from webhooks.models import MailAlert, WebhookDelivery
from webhooks.outgoing.addresses import read_networks


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificates"), "127.0.0.1")


@pytest.fixture
def receiver(certificate):
    with running(certificate) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def sender(running_stack, certificate):
    """A worker of the queue, who trusts the receiver."""
    stack = running_stack
    own = {"SSL_CERT_FILE": str(certificate[0]), "LOUPE_WEBHOOK_NETWORKS": "127.0.0.1"}
    stack.start(
        "notify", "celery", "-A", "config.celery:app", "worker", "-Q", "notify",
        "-n", "notify@%h", "--concurrency", "1", "--loglevel", "info", **own,
    )  # fmt: skip
    wait_until(lambda: " ready." in stack.log("notify"), 120, lambda: stack.log("notify"))
    yield
    stack.stop("notify")


def test_an_event_whose_sender_is_killed_comes_again_under_the_same_id(
    stack, receiver, sender, settings
):
    settings.WEBHOOK_NETWORKS = read_networks(["127.0.0.1"])
    organization = make_user().personal_organization
    _, secret = make_endpoint(organization, receiver.url(host="127.0.0.1"))

    def kill_the_first(handler) -> None:
        if len(receiver.got) == 1:
            job = Job.objects.get(kind="deliver_webhooks")
            for process in psutil.Process(supervisor_of(job)).children(recursive=True):
                process.kill()
        with suppress(OSError):  # who waited for it is dead
            say(handler, 200)

    receiver.answer = kill_the_first
    tell(organization)
    wait_until(
        lambda: WebhookDelivery.objects.get().status == "delivered",
        60,
        lambda: stack.log("notify"),
    )
    bodies = [Webhook(secret).verify(body, headers) for headers, body in receiver.got]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_an_event_reaches_its_receiver_and_a_failure_is_tried_again(
    stack, receiver, sender, settings
):
    settings.WEBHOOK_NETWORKS = read_networks(["127.0.0.1"])
    organization = make_user().personal_organization
    endpoint, secret = make_endpoint(organization, receiver.url(host="127.0.0.1"))
    receiver.answer = lambda handler: say(handler, 503 if len(receiver.got) == 1 else 200)
    begun = timezone.now()
    tell(organization)
    wait_until(
        lambda: WebhookDelivery.objects.get().status == "delivered",
        60,
        lambda: stack.log("notify"),
    )
    waited = timezone.now() - begun
    assert [Webhook(secret).verify(body, headers)["type"] for headers, body in receiver.got] == [
        "job.failed"
    ] * 2
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert waited.total_seconds() > 5
    assert WebhookDelivery.objects.get().attempts.count() == 2
    assert endpoint.pk
    assert not MailAlert.objects.exists()
