"""Tell those outside of Loupe who asked what has happened in an organization."""

import json
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from accounts.models import Organization
from webhooks.events import Event
from webhooks.limits import MOST_BYTES
from webhooks.selectors.listening import listening_to
from webhooks.services.keep import keep_alerts, keep_deliveries


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
    `url`, by `reverse_lazy`: the routes take a job's process over a second to import. `data` is
    JSON of up to 16 KiB; `text` is the sentence that mails say (left out: the event's own). None,
    of a built-in thing, has no one to tell. Raises `ValueError` for an unknown event or too much
    data.
    """
    known = Event(event)
    if organization is None:
        return
    endpoints, choices = listening_to(organization, known)
    if not endpoints and not choices:
        return
    address = absolute(str(subject["url"]))
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
