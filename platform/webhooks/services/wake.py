"""Start the job that sends what is due, where none is under way."""

import uuid

from django.db import transaction
from django.utils import timezone

from jobs.services.enqueue import enqueue
from webhooks.kinds import DELIVER, MAIL_ALERTS
from webhooks.models import AlertChoice, WebhookEndpoint
from webhooks.selectors.alerts import due_choices, may_be_mailed
from webhooks.selectors.endpoints import due_delivery, due_endpoints


@transaction.atomic
def wake_endpoint(endpoint_id: uuid.UUID) -> None:
    """Have an endpoint's deliveries sent, if any is due, it does not rest and no job is at it.

    Who finds the row held leaves it to who holds it, or to the next round of `send_what_is_due`.
    """
    endpoint = (
        WebhookEndpoint.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("job", "organization")
        .filter(pk=endpoint_id, disabled_at=None)
        .first()
    )
    if endpoint is None or (endpoint.job is not None and not endpoint.job.is_terminal):
        return
    go_on(endpoint)


def go_on(endpoint: WebhookEndpoint) -> None:
    """Give a held endpoint its next job, if anything is due and it does not rest."""
    resting = endpoint.rests_until is not None and endpoint.rests_until > timezone.now()
    if endpoint.disabled_at is not None or resting or due_delivery(endpoint) is None:
        return
    endpoint.job = enqueue(
        kind=DELIVER,
        organization=endpoint.organization,
        created_by=None,
        title=DELIVER.title,
        payload={"endpoint": str(endpoint.pk)},
    )
    endpoint.save(update_fields=["job"])


@transaction.atomic
def wake_choice(choice_id: uuid.UUID) -> None:
    """Have a person's alerts mailed, if any wait, the hour has room and no job is at it."""
    choice = (
        AlertChoice.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("job", "organization")
        .filter(pk=choice_id)
        .first()
    )
    if choice is None or (choice.job is not None and not choice.job.is_terminal):
        return
    if not may_be_mailed(choice):
        return
    choice.job = enqueue(
        kind=MAIL_ALERTS,
        organization=choice.organization,
        created_by=None,
        title=MAIL_ALERTS.title,
        payload={"choice": str(choice.pk)},
    )
    choice.save(update_fields=["job"])


def send_what_is_due() -> None:
    """Wake whatever has something due: retries, and what a process that died has not woken."""
    for endpoint_id in due_endpoints():
        wake_endpoint(endpoint_id)
    for choice_id in due_choices():
        wake_choice(choice_id)
