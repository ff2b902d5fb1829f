"""Who has asked to be told of an event."""

import uuid
from typing import NamedTuple

from django.db.models import F, Value

from accounts.models import Organization
from webhooks.events import Event
from webhooks.models import AlertChoice, WebhookEndpoint

_ENDPOINT, _PERSON = "endpoint", "person"


class Listening(NamedTuple):
    """The ids of endpoints, and of people who are told by mail."""

    endpoints: list[uuid.UUID]
    people: list[uuid.UUID]


def listening_to(organization: Organization, event: Event) -> Listening:
    """Return who has asked for this event of the organization, by one statement.

    Of people, those who are still members and may sign in.
    """
    asked = {"organization": organization, "events__contains": [event.value]}
    endpoints = WebhookEndpoint.objects.filter(disabled_at=None, **asked)
    people = AlertChoice.objects.filter(
        user__is_active=True, user__memberships__organization=F("organization"), **asked
    )
    rows = (
        endpoints.annotate(kind=Value(_ENDPOINT))
        .values_list("pk", "kind")
        .union(people.annotate(kind=Value(_PERSON)).values_list("user", "kind"), all=True)
    )
    found = list(rows)
    return Listening(
        [pk for pk, kind in found if kind == _ENDPOINT],
        [pk for pk, kind in found if kind == _PERSON],
    )
