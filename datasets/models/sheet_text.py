from django.db import models

from accounts.querysets import TenantQuerySet
from common.documents.texts import DocumentText
from datasets.models.version import DatasetVersion


class SheetTextQuerySet(TenantQuerySet):
    organization_path = "version__dataset__organization"


class SheetText(DocumentText):
    """What a person wrote into the sheet of a version; the version itself never changes."""

    version = models.ForeignKey(
        DatasetVersion, on_delete=models.CASCADE, related_name="sheet_texts"
    )

    objects = SheetTextQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "field"], name="sheet_text_once_per_field")
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.version_id}"
