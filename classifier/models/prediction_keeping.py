from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel


class PredictionKeeping(UUIDModel):
    """Whether an organization keeps the images of its predictions: without a row, it does not.

    An image is kept for `days` at most; all together take `max_bytes` at most: then the oldest go.
    While keeping is on, the whole of `max_bytes` counts as used storage, so that room is there.
    `missed` counts images that were answered since it was switched on and could not be kept,
    `pushed_out` those that went before their time; both begin at 0 when it is switched on.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="prediction_keeping"
    )
    enabled = models.BooleanField(default=False)
    days = models.PositiveIntegerField()
    max_bytes = models.PositiveBigIntegerField()
    missed = models.PositiveBigIntegerField(default=0, editable=False)
    pushed_out = models.PositiveBigIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "keeping of predictions"
        constraints = [
            models.CheckConstraint(
                condition=Q(days__gte=1) & Q(max_bytes__gte=1), name="keeping_has_bounds"
            )
        ]

    def __str__(self) -> str:
        return f"{'on' if self.enabled else 'off'} for {self.organization}"

    @property
    def lasts(self) -> timedelta:
        """How long an image is kept."""
        return timedelta(days=self.days)
