from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from common.documents.texts import DocumentText


class CardTextQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"


class CardText(DocumentText):
    """What a person wrote into the card of a version, or its technical documentation.

    The version itself never changes.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="card_texts"
    )

    objects = CardTextQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "field"], name="card_text_once_per_field"
            )
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.model_version_id}"
