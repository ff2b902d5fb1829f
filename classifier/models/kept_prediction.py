from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.prediction import Prediction
from common.models import UUIDModel
from storage.names import kept_name, kept_thumbnail_name


@dataclass(frozen=True, kw_only=True)
class KeptImage:
    """An image file as it is kept: without metadata, `sha256` its hash; sizes in pixels."""

    name: str
    file: str
    sha256: str
    width: int
    height: int
    format: str
    bytes: int


class KeptPrediction(UUIDModel):
    """A prediction whose image is kept, or whose images: several are of one thing.

    Where there is no such row nothing of the image is there. `images` has for each
    {name, sha256, width, height, format, bytes}, in the order of the request; the files lie under
    `storage.names.kept_name(prediction, place)`. `contents` are the hashes of the files as kept,
    as a dataset that has the same pictures names them. What lists are filtered by stands here once
    more: the most probable class, its probability, the decision (empty where there was none). With
    `deleted_at` a person has deleted it with its prediction: no one sees it, and both wait for the
    chore.
    """

    prediction = models.OneToOneField(Prediction, on_delete=models.CASCADE, related_name="kept")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="kept_predictions", db_index=False
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="kept_predictions"
    )
    images = models.JSONField()
    contents = ArrayField(models.CharField(max_length=64))
    bytes = models.PositiveBigIntegerField()
    class_name = models.CharField(max_length=200)
    confidence = models.FloatField()
    decision = models.CharField(max_length=10, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"], name="kept_newest", include=["bytes"]
            ),
            models.Index(
                fields=["deleted_at"], name="kept_deleted", condition=Q(deleted_at__isnull=False)
            ),
            GinIndex(fields=["contents"], name="kept_contents"),
        ]

    def __str__(self) -> str:
        return f"images of {self.prediction_id}"

    @property
    def files(self) -> list[KeptImage]:
        """The images, in the order of the request."""
        return [
            KeptImage(file=kept_name(self.prediction_id, place), **each)
            for place, each in enumerate(self.images)
        ]

    @property
    def file_names(self) -> list[str]:
        """The names of the durable files: of the images, then of the thumbnails they may have."""
        names = [kept_name(self.prediction_id, place) for place in range(len(self.images))]
        return [*names, *map(kept_thumbnail_name, names)]
