from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion


class VersionCalibrationQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"
    shared_when_null = True


class VersionCalibration(models.Model):
    """The temperature of a model version: what its logits are divided by to be as sure as right.

    Fitted once, on `images` of the validation split of the dataset version that it learned from,
    when the version is first measured. Answers are not scaled by it; reports say what it would do.
    """

    model_version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, primary_key=True, related_name="calibration"
    )
    temperature = models.FloatField()
    images = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionCalibrationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"temperature of {self.model_version_id}"
