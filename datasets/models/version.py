from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from common.models import UUIDModel
from datasets.models.dataset import Dataset


class Strategy(models.TextChoices):
    """How images are divided among train, validation and test."""

    STRATIFIED = "stratified", "Stratified"
    GROUPED = "grouped", "Grouped"
    FOLDER = "folder", "Folders of the archive"


class DatasetVersionQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"
    shared_with = SharedWith(ShareKind.DATASET, "dataset")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not in the trash with its dataset."""
        return Q(dataset__deleted_at=None)


class DatasetVersion(UUIDModel):
    """An immutable snapshot of a dataset; a trigger refuses UPDATE and DELETE.

    `digest` is the same for the same content, classes and split, whatever the order of arrival.
    `fractions` is {train, validation, test}; `class_names` is sorted by code point, as Keras sorts
    class folders, and a sample's `class_index` points into it; `class_ids` says which class each
    was (a class may be renamed since, and another have its name), null where that is not known;
    `sample_counts` is {split: {class: n}}. `slices` is what `datasets.selectors.slices.divide`
    finds; null in versions of before that was kept. `left_out` is [{reason, count}] as
    `datasets.selectors.left_out` counts them; null in versions of before that was kept.
    `keep_test`: whether every image that an earlier version tested on had to stay in test.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    strategy = models.CharField(max_length=10, choices=Strategy)
    fractions = models.JSONField()
    seed = models.PositiveBigIntegerField(default=0)
    keep_test = models.BooleanField(default=False)
    note = models.TextField(max_length=2000, blank=True)
    class_names = models.JSONField()
    class_ids = models.JSONField(null=True)
    sample_counts = models.JSONField()
    slices = models.JSONField(null=True)
    left_out = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DatasetVersionQuerySet.as_manager()
    is_shared = False

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "number"], name="dataset_version_number_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset} version {self.number}"
