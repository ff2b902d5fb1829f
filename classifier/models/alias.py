from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel

CHAMPION = "champion"


class OfModelQuerySet(TenantQuerySet):
    organization_path = "model__organization"
    shared_when_null = True


class ModelAlias(UUIDModel):
    """A name that points at one version of a model; `champion` is served by default."""

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.CASCADE, related_name="alias_set", db_index=False
    )
    alias = models.SlugField(max_length=40)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="alias_set")

    objects = OfModelQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "model aliases"
        constraints = [
            models.UniqueConstraint(fields=["model", "alias"], name="alias_once_per_model")
        ]

    def __str__(self) -> str:
        return f"{self.alias} of {self.model}"


class AliasChange(UUIDModel):
    """What was live when, and why: append-only, a trigger refuses UPDATE and DELETE."""

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="alias_changes"
    )
    alias = models.SlugField(max_length=40)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OfModelQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.alias} → {self.version}"
