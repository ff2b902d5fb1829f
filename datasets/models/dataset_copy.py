from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from datasets.models.dataset import Dataset
from jobs.models import Job


class DatasetCopy(UUIDModel):
    """A copy of a dataset, or of one of its versions, on its way and for good: where it came from.

    The source is kept as text and ids without a key: it may go, or no longer be shared, and this
    stays. `source_number` is the version's, null for the dataset as it was then. `class_mapping`
    says of each class that was not taken as it is what it is called here, empty: left out.
    `counts` is what was copied; `dataset` comes when the job has succeeded.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="dataset_copies"
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="dataset_copy")
    dataset = models.OneToOneField(
        Dataset, null=True, on_delete=models.CASCADE, related_name="copied_from"
    )
    name = models.CharField(max_length=120)
    source_organization = models.CharField(max_length=120)
    source_name = models.CharField(max_length=120)
    source_dataset = models.UUIDField()
    source_version = models.UUIDField(null=True)
    source_number = models.PositiveIntegerField(null=True)
    class_mapping = models.JSONField(default=dict)
    counts = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name}, copied from {self.source}"

    @property
    def source(self) -> str:
        """Where it came from, in words."""
        number = f" version {self.source_number}" if self.source_number else ""
        return f"{self.source_name}{number} of {self.source_organization}"

    @property
    def class_mapping_pairs(self) -> list[tuple[str, str]]:
        """The mapping for templates, which would take a class called `items` for the method."""
        return list(self.class_mapping.items())
