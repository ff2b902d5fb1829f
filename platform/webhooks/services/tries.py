"""A try that a person asks for: a test, or a delivery once more."""

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from accounts.services.turns import take_turn
from jobs.models import Job
from jobs.services.enqueue import enqueue
from webhooks.events import TEST
from webhooks.kinds import TRY
from webhooks.limits import TRIES_AN_HOUR
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.services.announce import absolute, body_of


@transaction.atomic
def send_test(*, user: User, endpoint: WebhookEndpoint) -> tuple[WebhookDelivery, Job]:
    """Send a test event to an endpoint, also to one that is switched off; it is tried once.

    Raises `NotFound`, `Forbidden`, `RateExceeded`, `Conflict` (`too_many_open`).
    """
    require_role(user=user, organization=endpoint.organization, role=Role.ADMIN)
    data = {
        "organization": endpoint.organization.slug,
        "subject": {
            "type": "webhook",
            "id": str(endpoint.pk),
            "url": absolute(f"/webhooks/{endpoint.pk}/"),
        },
        "text": f"{user.get_username()} tests this webhook.",
    }
    # Without a time of its next try it waits for its job, and is tried once.
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event=TEST, body=body_of(TEST, data)
    )
    return delivery, _try(user, delivery, "webhook.test")


@transaction.atomic
def replay(*, user: User, delivery: WebhookDelivery) -> Job:
    """Send a delivery once more, whatever has become of it, under the same `webhook-id`.

    Raises as `send_test` does.
    """
    require_role(user=user, organization=delivery.endpoint.organization, role=Role.ADMIN)
    return _try(user, delivery, "webhook.replay")


def _try(user: User, delivery: WebhookDelivery, action: str) -> Job:
    take_turn(
        user=user,
        name="webhook_tries",
        what="tests and replays of webhooks",
        allowed=TRIES_AN_HOUR,
    )
    endpoint = delivery.endpoint
    job = enqueue(
        kind=TRY,
        organization=endpoint.organization,
        created_by=user,
        title=f"{TRY.title}: {delivery.event}",
        payload={"endpoint": str(endpoint.pk), "delivery": str(delivery.pk)},
    )
    audit.record(actor=user, action=action, target=endpoint, delivery=str(delivery.pk))
    return job
