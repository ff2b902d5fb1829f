"""One try of a delivery: send it, write down what came of it, and what follows."""

import random
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from common.errors import Invalid
from webhooks.limits import (
    FAILING_DAYS,
    FAILURES_BEFORE_OFF,
    LONGEST_REST_SECONDS,
    RETRY_SECONDS,
)
from webhooks.models import (
    DeliveryStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from webhooks.outgoing.look_up import Resolver, system_resolver
from webhooks.outgoing.post import Tried, post
from webhooks.outgoing.signing import signed_headers
from webhooks.outgoing.target import read_target
from webhooks.services.endpoints import secrets_of
from webhooks.services.switch_off import switch_off


def send(delivery: WebhookDelivery, *, resolve: Resolver = system_resolver) -> Tried:
    """Send a delivery to its endpoint as that stands now; takes up to 15 seconds, raises nothing.

    In no transaction. A process that dies before it is written down leaves it to be sent again,
    under the same `webhook-id`.
    """
    endpoint = delivery.endpoint
    secrets = secrets_of(endpoint)
    if not secrets:
        detail = "The secret cannot be read since SECRET_KEY was changed: make a new one."
        return Tried(None, 0, "secret_unreadable", detail)
    networks = settings.WEBHOOK_NETWORKS
    try:
        # An operator may have taken a network away since.
        target = read_target(endpoint.url, networks)
    except Invalid as error:
        return Tried(None, 0, "address_refused", error.detail)
    body = delivery.body.encode()
    headers = signed_headers(
        delivery=delivery.pk, timestamp=int(time.time()), body=body, secrets=secrets
    )
    return post(target, body=body, headers=headers, networks=networks, resolve=resolve)


def write_down(*, delivery: WebhookDelivery, tried: Tried, asked_by: User | None = None) -> None:
    """Keep what came of a try, in the caller's transaction, and plan what follows.

    What a person asked for (`asked_by`) is one try beside the plan: it changes nothing of that,
    unless the receiver accepts it.
    """
    endpoint = delivery.endpoint.lock()
    held = WebhookDelivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if held is None:
        return
    WebhookAttempt.objects.create(
        delivery=held,
        status_code=tried.status_code,
        latency_ms=tried.latency_ms,
        code=tried.code,
        detail=tried.detail[:300],
        answer=tried.answer,
        asked_by=asked_by,
    )
    if asked_by is None:
        held.tries += 1
    waits = held.status == DeliveryStatus.WAITING
    if tried.accepted:
        _accepted(endpoint, held)
    elif waits and held.next_try_at is None:
        _end(held, DeliveryStatus.FAILED)
    elif waits and asked_by is None:
        _not_accepted(endpoint, held, tried)


def _end(delivery: WebhookDelivery, status: DeliveryStatus) -> None:
    delivery.status, delivery.ended_at, delivery.next_try_at = status, timezone.now(), None
    delivery.save(update_fields=["tries", "status", "ended_at", "next_try_at"])


def _accepted(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    if delivery.status != DeliveryStatus.DELIVERED:
        _end(delivery, DeliveryStatus.DELIVERED)
    if endpoint.failing_since is not None:
        endpoint.failing_since, endpoint.failures, endpoint.rests_until = None, 0, None
        endpoint.save(update_fields=["failing_since", "failures", "rests_until"])


def _not_accepted(endpoint: WebhookEndpoint, delivery: WebhookDelivery, tried: Tried) -> None:
    now = timezone.now()
    if delivery.tries <= len(RETRY_SECONDS):
        # Spread, so that what failed together does not come back together.
        wait = RETRY_SECONDS[delivery.tries - 1] * random.uniform(1, 1.1)  # noqa: S311
        delivery.next_try_at = now + timedelta(seconds=wait)
        delivery.save(update_fields=["tries", "next_try_at"])
    else:
        _end(delivery, DeliveryStatus.FAILED)
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if tried.unreachable:
        rest = min(LONGEST_REST_SECONDS, RETRY_SECONDS[0] * 2 ** min(endpoint.failures - 1, 10))
        endpoint.rests_until = now + timedelta(seconds=rest)
    endpoint.save(update_fields=["failures", "failing_since", "rests_until"])
    if tried.code == "gone":
        switch_off(endpoint, "The receiver answered 410: it wants nothing more.")
    elif endpoint.failures >= FAILURES_BEFORE_OFF and now - endpoint.failing_since >= timedelta(
        days=FAILING_DAYS
    ):
        switch_off(
            endpoint,
            f"Nothing was accepted for {FAILING_DAYS} days; the last try: {tried.detail}",
        )
