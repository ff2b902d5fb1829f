"""Keep what people are told of by mail until it is sent."""

import uuid
from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q

from webhooks.limits import MOST_WAITING_ALERTS
from webhooks.models import AlertChoice, MailAlert
from webhooks.services.wake import wake_choice


def keep_alerts(*, choices: Sequence[uuid.UUID], event: str, text: str, url: str) -> None:
    """Keep an alert for each choice, in the caller's transaction; none where no mail is sent.

    Where too many wait for a person it is counted as left out, which their next mail says.
    """
    if not settings.MAIL_IS_SENT:
        return
    waiting = dict(
        AlertChoice.objects.filter(pk__in=choices)
        .annotate(waiting=Count("alerts", filter=Q(alerts__sent_at=None, alerts__isnull=False)))
        .values_list("pk", "waiting")
    )
    full = [pk for pk, number in waiting.items() if number >= MOST_WAITING_ALERTS]
    if full:
        AlertChoice.objects.filter(pk__in=full).update(left_out=F("left_out") + 1)
    MailAlert.objects.bulk_create(
        MailAlert(choice_id=pk, event=event, text=text[:500], url=url[:500])
        for pk in waiting
        if pk not in full
    )
    for pk in waiting:
        transaction.on_commit(partial(wake_choice, pk), robust=True)
