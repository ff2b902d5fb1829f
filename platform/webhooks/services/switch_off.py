"""Send nothing more to an endpoint, and say so."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Role
from accounts.services import audit
from webhooks.events import SWITCHED_OFF
from webhooks.models import AlertChoice, DeliveryStatus, WebhookEndpoint
from webhooks.services.keep import keep_alerts


def stop_sending(endpoint: WebhookEndpoint, reason: str) -> None:
    """Switch a held endpoint off, and end what waits for it."""
    now = timezone.now()
    endpoint.disabled_at, endpoint.disabled_because = now, reason[:300]
    endpoint.save(update_fields=["disabled_at", "disabled_because"])
    endpoint.deliveries.filter(status=DeliveryStatus.WAITING).update(
        status=DeliveryStatus.FAILED, ended_at=now, next_try_at=None
    )


def switch_off(endpoint: WebhookEndpoint, reason: str) -> None:
    """Do so because of what the receiver does: the audit log says it, and a mail to each admin."""
    stop_sending(endpoint, reason)
    organization = endpoint.organization
    audit.record(
        actor=None, action="webhook.switch_off", target=endpoint, url=endpoint.url, reason=reason
    )
    admins = Membership.objects.filter(
        organization=organization, role__in=Role.ADMIN.at_least(), user__is_active=True
    ).values_list("user", flat=True)
    AlertChoice.objects.bulk_create(
        (AlertChoice(organization=organization, user_id=person) for person in admins),
        ignore_conflicts=True,
    )
    choices = AlertChoice.objects.filter(organization=organization, user__in=admins)
    keep_alerts(
        choices=list(choices.values_list("pk", flat=True)),
        event=SWITCHED_OFF,
        text=f"A webhook of {organization.name} was switched off. {reason}",
        url=settings.PUBLIC_URL + reverse("webhooks:endpoint", args=[endpoint.pk]),
    )
