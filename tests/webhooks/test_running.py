"""The running platform: an event in the web's database, a real worker, a real receiver."""

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from tests.conftest import wait_until
from tests.factories import make_user
from tests.webhooks.made import make_endpoint, tell
from tests.webhooks.receivers import make_certificate, running, say
from webhooks.models import MailAlert, WebhookDelivery
from webhooks.outgoing.addresses import read_networks


@pytest.fixture
def receiver(tmp_path):
    certificate = make_certificate(tmp_path, "127.0.0.1")
    with running(certificate) as receiver:
        receiver.certificate = certificate[0]
        yield receiver


@pytest.fixture
def sender(stack, receiver):
    """A worker of the queue, who trusts the receiver."""
    own = {"SSL_CERT_FILE": str(receiver.certificate), "LOUPE_WEBHOOK_NETWORKS": "127.0.0.1"}
    stack.start(
        "notify", "celery", "-A", "config.celery:app", "worker", "-Q", "notify",
        "-n", "notify@%h", "--concurrency", "1", "--loglevel", "info", **own,
    )  # fmt: skip
    wait_until(lambda: " ready." in stack.log("notify"), 120, lambda: stack.log("notify"))
    yield
    stack.stop("notify")


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
