"""Add, change and remove an organization's webhooks: all by its admins, all in the audit log."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from common.encryption import decrypt, encrypt
from common.errors import Conflict, FieldError, Invalid
from webhooks.events import Event
from webhooks.limits import MOST_ENDPOINTS, MOST_ENDPOINTS_OF_A_PERSON, OLD_SECRET_SECONDS
from webhooks.models import WebhookEndpoint
from webhooks.outgoing.signing import new_secret
from webhooks.outgoing.target import read_target
from webhooks.services.switch_off import stop_sending

_PURPOSE = "webhooks.secret"


@transaction.atomic
def add_endpoint(
    *, user: User, organization: Organization, url: str, events: Sequence[str]
) -> tuple[WebhookEndpoint, str]:
    """Return a new webhook, and the secret that its receiver checks signatures with.

    The secret is shown once. Raises `NotFound`, `Forbidden` below admin, `Invalid` (`/url`,
    `/events`), `Conflict` (`too_many_webhooks`).
    """
    require_role(user=user, organization=organization, role=Role.ADMIN)
    read_target(url, settings.WEBHOOK_NETWORKS)
    chosen = _checked(events)
    # One after the other, so that the limits hold.
    organization.lock()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _require_room(user, organization)
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        organization=organization,
        created_by=user,
        url=url,
        events=chosen,
        secret=encrypt(secret, purpose=_PURPOSE),
    )
    audit.record(actor=user, action="webhook.add", target=endpoint, url=url, events=chosen)
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *,
    user: User,
    endpoint: WebhookEndpoint,
    url: str | None = None,
    events: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> WebhookEndpoint:
    """Change what is given. Switched off, it gets nothing more: what waits for it has failed.

    What happens while it is switched off is not sent later.

    Raises as `add_endpoint` does, but `Conflict`.
    """
    require_role(user=user, organization=endpoint.organization, role=Role.ADMIN)
    held = endpoint.lock()
    if url is not None:
        read_target(url, settings.WEBHOOK_NETWORKS)
        held.url = url
    if events is not None:
        held.events = _checked(events)
    if enabled and held.disabled_at is not None:
        held.disabled_at, held.disabled_because = None, ""
        held.failing_since, held.failures, held.rests_until = None, 0, None
    elif enabled is False and held.disabled_at is None:
        stop_sending(held, "An admin has switched it off.")
    held.save()
    audit.record(
        actor=user,
        action="webhook.change",
        target=held,
        url=held.url,
        events=held.events,
        enabled=held.disabled_at is None,
    )
    return held


@transaction.atomic
def remove_endpoint(*, user: User, endpoint: WebhookEndpoint) -> None:
    """Remove a webhook with its deliveries; raises `NotFound`, `Forbidden`."""
    require_role(user=user, organization=endpoint.organization, role=Role.ADMIN)
    audit.record(actor=user, action="webhook.remove", target=endpoint, url=endpoint.url)
    endpoint.delete()


@transaction.atomic
def rotate_secret(*, user: User, endpoint: WebhookEndpoint) -> str:
    """Return a new secret. For a day both sign: time to change the receiver.

    Raises `NotFound`, `Forbidden`.
    """
    require_role(user=user, organization=endpoint.organization, role=Role.ADMIN)
    held = endpoint.lock()
    secret = new_secret()
    held.previous_secret = held.secret
    held.previous_secret_until = timezone.now() + timedelta(seconds=OLD_SECRET_SECONDS)
    held.secret = encrypt(secret, purpose=_PURPOSE)
    held.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    audit.record(actor=user, action="webhook.rotate_secret", target=held, url=held.url)
    return secret


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign now, the newest first; none where SECRET_KEY has changed."""
    kept = [endpoint.secret]
    until = endpoint.previous_secret_until
    if until is not None and until > timezone.now():
        kept.append(endpoint.previous_secret)
    read = [decrypt(secret, purpose=_PURPOSE) for secret in kept]
    return [secret for secret in read if secret is not None]


def _checked(events: Sequence[str]) -> list[str]:
    unknown = [event for event in events if event not in Event.values]
    if unknown or not events:
        received = ", ".join(repr(str(event)[:40]) for event in unknown[:5]) or "none"
        detail = f"Choose one or more of {', '.join(Event.values)}; received {received}."
        raise Invalid(detail, errors=[FieldError("/events", "unknown_event", detail)])
    return [event for event in Event.values if event in events]


def _require_room(user: User, organization: Organization) -> None:
    there = WebhookEndpoint.objects.filter(organization=organization).count()
    if there >= MOST_ENDPOINTS:
        raise Conflict(
            f"An organization may have {MOST_ENDPOINTS} webhooks; {organization.name} has {there}.",
            code="too_many_webhooks",
            hint="Remove one of them first.",
        )
    made = WebhookEndpoint.objects.filter(created_by=user).count()
    if made >= MOST_ENDPOINTS_OF_A_PERSON:
        raise Conflict(
            f"A person may have made {MOST_ENDPOINTS_OF_A_PERSON} webhooks that are there; you "
            f"have made {made}.",
            code="too_many_webhooks",
            hint="Remove one of them first, or ask another admin.",
        )
