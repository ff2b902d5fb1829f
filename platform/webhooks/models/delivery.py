from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from webhooks.models.endpoint import WebhookEndpoint


class DeliveryStatus(models.TextChoices):
    """How a delivery stands."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class DeliveryQuerySet(TenantQuerySet):
    organization_path: ClassVar[str] = "endpoint__organization"


class AttemptQuerySet(TenantQuerySet):
    organization_path: ClassVar[str] = "delivery__endpoint__organization"


class WebhookDelivery(UUIDModel):
    """One event on its way to one endpoint; its id goes along as `webhook-id`, with every try.

    `body` is the JSON that is signed and sent, byte by byte. `tries` counts those that followed the
    plan, not what a person asked for.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.CharField(max_length=32)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["endpoint", "-created_at"], name="webhook_log"),
            models.Index(
                fields=["endpoint", "next_try_at"],
                name="webhook_due",
                condition=Q(status=DeliveryStatus.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"


class WebhookAttempt(UUIDModel):
    """One try of a delivery: what was answered, or why nothing was.

    `status_code` is null where no answer came; `code` and `detail` are empty where it was one of
    200 to 299. `answer` is the beginning of what the receiver said, text of a stranger. `asked_by`
    is who had it tried again.
    """

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    status_code = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.PositiveIntegerField()
    code = models.CharField(max_length=32, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = "try of a delivery"
        verbose_name_plural = "tries of deliveries"

    def __str__(self) -> str:
        return self.code or str(self.status_code)

    @property
    def took(self) -> str:
        """How long it took, as people read it: "84 ms", "15.0 s"."""
        ms = self.latency_ms
        return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
