from django.db import models

from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from datasets.models.dataset import Dataset


class ClassLabelQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class ClassLabel(UUIDModel):
    """One of the classes of a dataset. Names differ by case too: letters have `a` and `A`."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="classes")
    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)

    objects = ClassLabelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="class_label_once_per_dataset")
        ]

    def __str__(self) -> str:
        return self.name
