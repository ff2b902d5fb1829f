from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from accounts.querysets import TenantQuerySet
from accounts.roles import Role
from common.models import UUIDModel


class OrganizationQuerySet(TenantQuerySet):
    organization_path = "id"

    def organization_of(self, row: models.Model) -> Any:
        """Return the row: an organization is its own tenant."""
        return row


class Organization(UUIDModel):
    """The tenant: every dataset, run, model and job belongs to one."""

    slug = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    # Whose own organization it is, where their work goes when they name no other.
    personal_for = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="personal_organization",
    )

    # Set by operators; empty: as the installation allows (settings.QUOTAS).
    max_bytes = models.PositiveBigIntegerField("bytes stored", null=True, blank=True)
    max_images = models.PositiveBigIntegerField("images", null=True, blank=True)
    max_datasets = models.PositiveBigIntegerField("datasets", null=True, blank=True)
    max_jobs = models.PositiveBigIntegerField("running and waiting jobs", null=True, blank=True)
    max_predictions_per_hour = models.PositiveBigIntegerField(
        "predictions an hour", null=True, blank=True
    )

    # Whether images of predictions may be kept: each prediction asks here whether to look further
    # (`classifier.models.PredictionKeeping`, which says how). A join would cost all of them.
    keeps_predictions = models.BooleanField(default=False, db_default=False, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("slug"), name="organization_slug_unique")]

    def __str__(self) -> str:
        return self.name


class Membership(UUIDModel):
    """One person's role in one organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=8, choices=Role)
    # Given, changed and taken back at each sign-in by the groups that the OpenID provider names.
    from_provider = models.BooleanField(default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}: {self.role}"


class Invitation(UUIDModel):
    """A link that makes the person who opens it a member; the secret is kept as a hash."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    role = models.CharField(max_length=8, choices=Role)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.role} of {self.organization}"
