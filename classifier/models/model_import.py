from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel
from datasets.models import Dataset
from jobs.models import Job


class ModelImportQuerySet(TenantQuerySet):
    organization_path = "organization"


class ModelImport(UUIDModel):
    """A foreign model on its way to become a version; its status is its job's.

    Its id is the one that the version gets, which is not there before the job has succeeded: a
    version is numbered and never changed (ADR 0049). `model` is the one it becomes a version of;
    null, it begins a new one called `name`, which is then `model`. `input` is {size, scaling,
    channels, fit}; `stated` what the file says (`classifier.engine.foreign.stated.Stated`);
    `trial` what it answered to images of `dataset`; `upload` is ours, under which the file waits.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="model_imports"
    )
    model = models.ForeignKey(
        RegisteredModel, null=True, on_delete=models.CASCADE, related_name="imports"
    )
    name = models.CharField(max_length=120)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="model_import")
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.PositiveBigIntegerField()
    upload = models.CharField(max_length=64)
    keras_version = models.CharField(max_length=40, blank=True)
    class_names = models.JSONField()
    input = models.JSONField()
    stated = models.JSONField()
    remarks = models.JSONField(default=list)
    dataset = models.ForeignKey(
        Dataset, null=True, on_delete=models.SET_NULL, related_name="model_imports"
    )
    trial = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ModelImportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.file_name

    @property
    def version(self) -> ModelVersion | None:
        """The version that came of it; None until the job has succeeded, or when it was deleted."""
        return ModelVersion.objects.select_related("model").filter(pk=self.pk).first()

    @property
    def number(self) -> int | None:
        """The version's number; None until there is one."""
        version = self.version
        return version.number if version is not None else None
