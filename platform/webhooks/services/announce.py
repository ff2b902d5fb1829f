"""Tell those outside of Loupe who asked what has happened in an organization."""

import json
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import Organization
from webhooks.events import Event
from webhooks.limits import MOST_BYTES, MOST_WAITING
from webhooks.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint
from webhooks.selectors.listening import listening_to
from webhooks.services.keep_alerts import keep_alerts
from webhooks.services.wake import wake_endpoint

_WAITING = Q(deliveries__status=DeliveryStatus.WAITING)


@transaction.atomic
def announce(
    *,
    organization: Organization | None,
    event: str,
    subject: dict[str, Any],
    data: dict[str, Any],
    text: str = "",
) -> None:
    """Write down for every endpoint and person who asked for `event` that it has happened.

    Call it in the transaction that makes the change: after a rollback nothing is sent. Where no
    one has asked it costs one statement. `subject` is `{type, id, url}`, with a path of Loupe as
    `url`; `data` is JSON of up to 16 KiB; `text` is the sentence that mails say (left out: the
    event's own). None, of a built-in thing, has no one to tell. Raises `ValueError` for an unknown
    event or too much data.
    """
    known = Event(event)
    if organization is None:
        return
    endpoints, choices = listening_to(organization, known)
    if not endpoints and not choices:
        return
    address = absolute(subject["url"])
    sentence = text or f"{known.label}."
    if endpoints:
        said = {
            "organization": organization.slug,
            "subject": {**subject, "id": str(subject["id"]), "url": address},
            "text": sentence,
        }
        keep_deliveries(endpoints=endpoints, event=known, body=body_of(known, said | data))
    if choices:
        keep_alerts(choices=choices, event=known, text=sentence, url=address)


def absolute(url: str) -> str:
    """Return the whole address of a path of Loupe; one that is whole already stays."""
    return f"{settings.PUBLIC_URL}{url}" if url.startswith("/") else url


def body_of(event: str, data: dict[str, Any]) -> str:
    """Return what is sent, as Standard Webhooks has it; raises `ValueError` for too much."""
    body = json.dumps(
        {"type": str(event), "timestamp": timezone.now().isoformat(), "data": data},
        cls=DjangoJSONEncoder,
        separators=(",", ":"),
    )
    if len(body) > MOST_BYTES:
        raise ValueError(f"an event has up to {MOST_BYTES} bytes; {event} has {len(body)}")
    return body


def keep_deliveries(*, endpoints: Sequence[uuid.UUID], event: str, body: str) -> None:
    """Keep a delivery for each endpoint, in the caller's transaction; it is sent after the commit.

    Where too many wait it is counted as left out, which the endpoint's page says.
    """
    now = timezone.now()
    waiting = dict(
        WebhookEndpoint.objects.filter(pk__in=endpoints)
        .annotate(waiting=Count("deliveries", filter=_WAITING))
        .values_list("pk", "waiting")
    )
    full = [pk for pk, number in waiting.items() if number >= MOST_WAITING]
    if full:
        WebhookEndpoint.objects.filter(pk__in=full).update(
            left_out=F("left_out") + 1, left_out_at=now
        )
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint_id=pk, event=event, body=body, next_try_at=now)
        for pk in waiting
        if pk not in full
    )
    for pk in waiting:
        transaction.on_commit(partial(wake_endpoint, pk), robust=True)
