from django.conf import settings
from django.db import models

from accounts.models.organization import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel


class AuditEntry(UUIDModel):
    """Who did what to which object, when; triggers refuse UPDATE, DELETE and TRUNCATE."""

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    # Of the client, where a request asked for it.
    address = models.GenericIPAddressField(null=True)
    detail = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["object_type", "object_id"])]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.object_type} {self.object_id}"
