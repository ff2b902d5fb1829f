from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.querysets import TenantQuerySet
from datasets.models.dataset import Dataset


class OutOfFoldQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class OutOfFold(models.Model):
    """What models that had not learned from an image think of it, for many of a dataset's images.

    Another app computes it (the last cross-validation of each dataset), the quality check looks for
    wrong classes by it. `title` says what answered. `contents` has 32 bytes (SHA-256) an image,
    `probabilities` float16 (images, classes), little-endian, over `class_names`.
    """

    dataset = models.OneToOneField(
        Dataset, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(max_length=200)
    at = models.DateTimeField()
    class_names = ArrayField(models.CharField(max_length=120))
    contents = models.BinaryField()
    probabilities = models.BinaryField()

    objects = OutOfFoldQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "out of fold"

    def __str__(self) -> str:
        return f"{self.title} on {self.dataset_id}"
