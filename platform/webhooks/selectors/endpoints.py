"""An organization's webhooks, for its admins, and what is due to one."""

import uuid

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from webhooks.models import DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookEndpoint

# Tries of one delivery, which people may repeat as often as they like.
MOST_SHOWN = 20


def endpoints_of(organization: Organization) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of an organization with how many deliveries wait, newest first."""
    waiting = Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.WAITING))
    return (
        WebhookEndpoint.objects.filter(organization=organization)
        .select_related("organization", "created_by")
        .annotate(waiting=waiting)
        .order_by("-created_at", "-id")
    )


def managed_endpoints(user: User) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of all organizations where `user` is an admin, newest first."""
    return (
        WebhookEndpoint.objects.for_user(user, Role.ADMIN)
        .select_related("organization")
        .order_by("-created_at", "-id")
    )


def managed_endpoint(user: User, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """Return one endpoint; raises `NotFound`, and `Forbidden` for a member who is no admin."""
    rows = WebhookEndpoint.objects.for_user(user).select_related("organization", "created_by")
    endpoint: WebhookEndpoint = rows.get_visible(endpoint_id)
    require_role(user=user, organization=endpoint.organization, role=Role.ADMIN)
    return endpoint


def managed_delivery(user: User, delivery_id: uuid.UUID) -> WebhookDelivery:
    """Return one delivery; raises as `managed_endpoint` does."""
    rows = WebhookDelivery.objects.for_user(user).select_related("endpoint__organization")
    delivery: WebhookDelivery = rows.get_visible(delivery_id)
    require_role(user=user, organization=delivery.endpoint.organization, role=Role.ADMIN)
    return delivery


def deliveries_of(endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    """Return what was and is to be sent to an endpoint, newest first.

    Each has its last tries as `shown_attempts`.
    """
    attempts = WebhookAttempt.objects.select_related("asked_by").order_by("-created_at", "-id")
    shown = Prefetch("attempts", attempts[:MOST_SHOWN], to_attr="shown_attempts")
    return endpoint.deliveries.prefetch_related(shown).order_by("-created_at", "-id")


def due_delivery(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """Return what is to be sent next, None where nothing is due now."""
    due = endpoint.deliveries.filter(
        status=DeliveryStatus.WAITING, next_try_at__lte=timezone.now()
    ).order_by("next_try_at", "created_at", "id")
    return due.first()


def due_endpoints() -> list[uuid.UUID]:
    """Return the endpoints that something is due to, and that do not rest."""
    now = timezone.now()
    return list(
        WebhookEndpoint.objects.filter(
            Q(rests_until=None) | Q(rests_until__lte=now),
            disabled_at=None,
            deliveries__status=DeliveryStatus.WAITING,
            deliveries__next_try_at__lte=now,
        )
        .order_by()
        .values_list("pk", flat=True)
        .distinct()
    )
