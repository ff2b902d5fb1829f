from django.db import models
from django.utils import timezone

from accounts.querysets import TenantQuerySet
from datasets.models.dataset import Dataset


class DatasetMapQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class DatasetMap(models.Model):
    """Images of a dataset in two dimensions, as they were when it was computed.

    `image_ids` holds 16 bytes an image, `points` two little-endian int16 each: x and y, -32767 to
    32767. `embedding` names the vectors it was made from, `method` how. `sample_of` is how many
    had such a vector then, where the map shows a random sample of them; empty where it shows all.
    """

    dataset = models.OneToOneField(
        Dataset, primary_key=True, on_delete=models.CASCADE, related_name="map"
    )
    embedding = models.CharField(max_length=120)
    method = models.CharField(max_length=20)
    image_ids = models.BinaryField()
    points = models.BinaryField()
    sample_of = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DatasetMapQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Map of {self.dataset_id}"
