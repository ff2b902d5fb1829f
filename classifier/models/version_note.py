from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel


class VersionNoteQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"


class VersionNote(UUIDModel):
    """What people say of a version: tags and a text. A row of its own: versions never change.

    `tags` are in lower case and in the order of the alphabet, each once.
    """

    model_version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, related_name="note"
    )
    tags = models.JSONField(default=list)
    text = models.TextField(max_length=5000, blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = VersionNoteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"note on {self.model_version}"
