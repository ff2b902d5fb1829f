from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from jobs.models import Job


class ModelExportQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"
    shared_when_null = True


class ModelExport(UUIDModel):
    """A file of a model version that is made on request; its status is its job's.

    `file` is {name, sha256, bytes} of what lies in `storage.model_dir(version)`, null until the job
    has succeeded; `parity` says how far its answers are from the served file's.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="exports"
    )
    format = models.CharField(max_length=20)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="model_export")
    file = models.JSONField(null=True)
    parity = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ModelExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "format"], name="model_export_once_a_format"
            )
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.model_version}"
