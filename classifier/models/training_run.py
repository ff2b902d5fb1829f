from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel
from datasets.models import DatasetVersion
from jobs.models import Job


class TrainingRun(UUIDModel):
    """One fit of a preset on a dataset version; its status is its job's, never a copy.

    `config` holds every setting, also those left at their defaults; `metrics` is empty until the
    run has succeeded; `model` is the line that its version joins (null: a new one, made when the
    run succeeds, so that a failed run leaves no empty model behind).
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="training_runs"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="training_runs"
    )
    preset = models.CharField(max_length=40)
    config = models.JSONField()
    name = models.CharField(max_length=120)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="training_run")
    model = models.ForeignKey(
        RegisteredModel, null=True, on_delete=models.PROTECT, related_name="training_runs"
    )
    metrics = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def registered_version(self):
        """The model version that this run made; None until it has succeeded."""
        return getattr(self, "model_version", None)
