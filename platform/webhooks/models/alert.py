from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from jobs.models import Job
from webhooks.events import Event


class AlertChoice(UUIDModel):
    """Which events of an organization a person has chosen to be told of by mail.

    `left_out` counts those that were not kept since the last mail, because too many waited.
    `job` sends what waits, one at a time.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_choices"
    )
    events = ArrayField(models.CharField(max_length=32, choices=Event), default=list)
    left_out = models.PositiveIntegerField(default=0)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "choice of alerts"
        verbose_name_plural = "choices of alerts"
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="alerts_chosen_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.organization}"


class MailAlertQuerySet(TenantQuerySet):
    organization_path: ClassVar[str] = "choice__organization"


class MailAlert(UUIDModel):
    """One event that one person is told of by mail: alone, or in one mail with others."""

    choice = models.ForeignKey(AlertChoice, on_delete=models.CASCADE, related_name="alerts")
    event = models.CharField(max_length=32)
    text = models.CharField(max_length=500)
    url = models.CharField(max_length=500)
    # Null while it waits. `mail` is what alerts share that went out in one.
    sent_at = models.DateTimeField(null=True)
    mail = models.UUIDField(null=True)

    objects = MailAlertQuerySet.as_manager()

    class Meta:
        verbose_name = "alert"
        indexes = [
            models.Index(fields=["choice"], name="alert_waiting", condition=Q(sent_at=None)),
            models.Index(fields=["choice", "sent_at"], name="alert_sent"),
        ]

    def __str__(self) -> str:
        return self.text
