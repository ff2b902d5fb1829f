from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel

CHAMPION = "champion"
CHALLENGER = "challenger"


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


class ChangeKind(models.TextChoices):
    """What a change of the history was; archiving concerns all aliases of a model at once."""

    SET = "set"
    ROLLED_BACK = "rolled_back"
    REMOVED = "removed"
    ARCHIVED = "archived"
    TAKEN_BACK = "taken_back"


class AliasChange(UUIDModel):
    """What was live when, and why: append-only, triggers refuse UPDATE, DELETE and TRUNCATE.

    `number` counts a model's changes from 1, without a gap, and `created_at` never runs backwards
    with it: both are given under the model's lock (`classifier.registry.services.history`).
    Versions are named by their numbers, which are given once: they may be deleted, what was live
    stays known. `version_number` is null where an alias was removed; `alias` is empty where the
    model was archived or taken back.

    `overridden` is what the gate had against a version that an admin made live all the same, as
    [{rule, detail}]; null where nothing was overridden.
    """

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="alias_changes", db_index=False
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=ChangeKind, default=ChangeKind.SET)
    alias = models.SlugField(max_length=40, blank=True)
    version_number = models.PositiveIntegerField(null=True)
    previous_number = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    overridden = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OfModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="alias_change_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.alias or self.kind} → {self.version_number}"
