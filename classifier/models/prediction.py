from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel


class Prediction(UUIDModel):
    """One answer of a model about one image; never changed.

    It belongs to the caller's organization, also when the model is a built-in one. `classes` is
    the top of the answer, `[{class_name, probability}]`, most probable first.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="predictions"
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions"
    )
    name = models.CharField(max_length=255)
    image_sha256 = models.CharField(max_length=64)
    classes = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["model_version", "-created_at"])]

    def __str__(self) -> str:
        return self.name
