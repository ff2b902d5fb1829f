from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.organization import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel


class ShareKind(models.TextChoices):
    """What can be shared."""

    DATASET = "dataset", "Dataset"
    MODEL = "model", "Model"


class ShareQuerySet(TenantQuerySet):
    def current(self) -> Self:
        """Keep what is accepted, and what still waits for an answer."""
        waiting = Q(declined_at=None, expires_at__gt=timezone.now())
        return self.filter(Q(accepted_at__isnull=False) | waiting)

    def declined(self) -> Self:
        """Keep what was declined so shortly ago that it may not be offered again."""
        return self.filter(declined_at__isnull=False, expires_at__gt=timezone.now())

    def accepted(self) -> Self:
        """Keep what opens something."""
        return self.filter(accepted_at__isnull=False)


class Share(UUIDModel):
    """An object of `organization` that members of `receiver` may read, once an admin there agrees.

    `subject` is its id, `name` what it was called when it was offered. `receiver_slug` is what the
    offer named; `receiver` is null where no organization has that slug: the offer then waits until
    it expires, so that to offer something tells no one who is here. `may_copy`: whether editors of
    the receiver may copy it. The row goes when the sharing ends; the audit log keeps that it was.
    One that was declined stays until `expires_at`, and bars the same offer until then.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="shares_given"
    )
    receiver = models.ForeignKey(
        Organization, null=True, on_delete=models.CASCADE, related_name="shares_received"
    )
    receiver_slug = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=ShareKind)
    subject = models.UUIDField(db_index=True)
    name = models.CharField(max_length=120)
    may_copy = models.BooleanField(default=False)
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "receiver_slug"], name="shared_once_with_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} with {self.receiver_slug}"

    @property
    def status(self) -> str:
        """accepted, or waiting for the answer of an admin."""
        return "accepted" if self.accepted_at else "waiting"
