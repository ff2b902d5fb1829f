from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from jobs.models import Job


class ModelCopy(UUIDModel):
    """A copy of a model version on its way, and for good: where the version came from.

    The source is kept as text and an id without a key: it may go, or no longer be shared, and this
    stays. `class_mapping` says of each class that is called otherwise how. `version` comes when the
    job has succeeded: the first of a model called `name`.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="model_copies"
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="model_copy")
    version = models.OneToOneField(
        ModelVersion, null=True, on_delete=models.CASCADE, related_name="copied_from"
    )
    name = models.CharField(max_length=120)
    source_organization = models.CharField(max_length=120)
    source_name = models.CharField(max_length=120)
    source_version = models.UUIDField()
    source_number = models.PositiveIntegerField()
    class_mapping = models.JSONField(default=dict)
    # Ids of the dataset versions that the source learned from: reports of the copy count how many
    # of their images these had. Null: not known.
    learned_from = models.JSONField(null=True)
    # Those of them that are known, where not all are.
    known_sources = models.JSONField(default=list)
    # Instant models that the source is, or was made of, as `ModelVersion.instant_models`.
    instant_models = models.JSONField(default=list, db_default=[])
    # As `ModelVersion.others_unknown` of the source.
    others_unknown = models.BooleanField(default=True, db_default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "model copies"

    def __str__(self) -> str:
        return f"{self.name}, copied from {self.source}"

    @property
    def source(self) -> str:
        """Where it came from, in words."""
        return f"{self.source_name} version {self.source_number} of {self.source_organization}"

    @property
    def class_mapping_pairs(self) -> list[tuple[str, str]]:
        """The mapping for templates, which would take a class called `items` for the method."""
        return list(self.class_mapping.items())
