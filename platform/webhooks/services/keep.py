"""Keep what endpoints and people are to be told until it is sent."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from webhooks.limits import MOST_WAITING, MOST_WAITING_ALERTS
from webhooks.models import (
    AlertChoice,
    DeliveryStatus,
    MailAlert,
    WebhookDelivery,
    WebhookEndpoint,
)
from webhooks.services.wake import wake_choice, wake_endpoint

_DELIVERIES = Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.WAITING))
_ALERTS = Count("alerts", filter=Q(alerts__sent_at=None, alerts__isnull=False))


def keep_deliveries(*, endpoints: Sequence[uuid.UUID], event: str, body: str) -> None:
    """Keep a delivery for each endpoint, in the caller's transaction; it is sent after the commit.

    An endpoint for which `MOST_WAITING` wait gets none, and its page says how many were left out.
    """
    now = timezone.now()
    rows = WebhookEndpoint.objects.filter(pk__in=endpoints)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint_id=pk, event=event, body=body, next_try_at=now)
        for pk in _with_room(rows, _DELIVERIES, MOST_WAITING, wake_endpoint, left_out_at=now)
    )


def keep_alerts(*, choices: Sequence[uuid.UUID], event: str, text: str, url: str) -> None:
    """Keep an alert for each choice, in the caller's transaction; none where no mail is sent.

    A person for whom `MOST_WAITING_ALERTS` wait gets none; their next mail says how many were left
    out.
    """
    if not settings.MAIL_IS_SENT:
        return
    rows = AlertChoice.objects.filter(pk__in=choices)
    MailAlert.objects.bulk_create(
        MailAlert(choice_id=pk, event=event, text=text[:500], url=url[:500])
        for pk in _with_room(rows, _ALERTS, MOST_WAITING_ALERTS, wake_choice)
    )


def _with_room(
    rows: QuerySet[Any],
    waiting: Count,
    most: int,
    wake: Callable[[uuid.UUID], None],
    **when_full: Any,
) -> list[uuid.UUID]:
    """Return the rows for which fewer than `most` wait, count an event as left out for the others.

    All are woken after the commit.
    """
    counted = dict(rows.annotate(waiting=waiting).values_list("pk", "waiting"))
    full = [pk for pk, number in counted.items() if number >= most]
    if full:
        rows.filter(pk__in=full).update(left_out=F("left_out") + 1, **when_full)
    for pk in counted:
        transaction.on_commit(partial(wake, pk), robust=True)
    return [pk for pk in counted if pk not in full]
