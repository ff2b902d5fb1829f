from django.db import models

from accounts.querysets import TenantQuerySet
from datasets.models.class_label import ClassLabel
from datasets.models.dataset import Dataset


class ImageCountQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class ImageCount(models.Model):
    """What was added to the counts of a dataset's images of one class; their sum is how many.

    Triggers on images write a row for each statement and class that it changed, so that no writer
    waits for another; the clock adds them up (`services.image_counts`). `class_label` is empty for
    images without a class. `images` counts what is not in the trash, `stored` what is there too,
    without what was forgotten, `bytes` the sizes of all files.
    """

    # A dataset or class that goes leaves rows behind, which are swept when they are added up.
    dataset = models.ForeignKey(
        Dataset, on_delete=models.DO_NOTHING, related_name="image_counts", db_constraint=False
    )
    class_label = models.ForeignKey(
        ClassLabel,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="image_counts",
        db_constraint=False,
    )
    images = models.BigIntegerField()
    stored = models.BigIntegerField()
    bytes = models.BigIntegerField()

    objects = ImageCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.images:+} of {self.class_label_id}"
