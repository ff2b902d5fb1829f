from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from jobs.models import Job
from webhooks.events import Event


class WebhookEndpoint(UUIDModel):
    """An address outside that an organization has its events sent to.

    `secret` is encrypted; after a rotation `previous_secret` signs too, until its time is over.
    `failing_since` is when the first of the tries was that have all failed since, `failures` how
    many; nothing is tried before `rests_until`. `job` delivers what is due, one at a time.
    `left_out` counts events that were not kept, because too many waited.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=32, choices=Event))
    secret = models.TextField()
    previous_secret = models.TextField(blank=True)
    previous_secret_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=300, blank=True)
    left_out = models.PositiveIntegerField(default=0)
    left_out_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        indexes = [
            models.Index(
                fields=["organization"], name="webhook_switched_on", condition=Q(disabled_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.url
