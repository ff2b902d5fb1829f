"""Who has asked to be told of an event."""

import uuid
from typing import NamedTuple

from django.db.models import F, Value

from accounts.models import Organization
from webhooks.events import Event
from webhooks.models import AlertChoice, WebhookEndpoint

_ENDPOINT, _CHOICE = "endpoint", "choice"


class Listening(NamedTuple):
    """The ids of endpoints, and of the choices of people who are told by mail."""

    endpoints: list[uuid.UUID]
    choices: list[uuid.UUID]


def listening_to(organization: Organization, event: Event) -> Listening:
    """Return who has asked for this event of the organization, by one statement.

    Of people, those who are still members and may sign in.
    """
    asked = {"organization": organization, "events__contains": [event.value]}
    endpoints = WebhookEndpoint.objects.filter(disabled_at=None, **asked)
    choices = AlertChoice.objects.filter(
        user__is_active=True, user__memberships__organization=F("organization"), **asked
    )
    rows = (
        endpoints.annotate(kind=Value(_ENDPOINT))
        .values_list("pk", "kind")
        .union(choices.annotate(kind=Value(_CHOICE)).values_list("pk", "kind"), all=True)
    )
    found = list(rows)
    return Listening(
        [pk for pk, kind in found if kind == _ENDPOINT],
        [pk for pk, kind in found if kind == _CHOICE],
    )
