from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from common.models import UUIDModel
from datasets.models.class_label import ClassLabel
from datasets.models.dataset import Dataset
from datasets.models.forgetting import Forgetting
from datasets.models.split import SplitName


class ImageQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"
    shared_with = SharedWith(ShareKind.DATASET, "dataset")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not in the trash, and what versions hold."""
        # Through the field, because samples import this module.
        samples: Any = Image._meta.get_field("samples").related_model
        held = Exists(samples.objects.filter(image=OuterRef("pk")))
        return (Q(deleted_at=None) | held) & Q(dataset__deleted_at=None)

    def alive(self) -> Self:
        """Keep what is not in the trash."""
        return self.filter(deleted_at=None)


class Image(UUIDModel):
    """One file of a dataset, addressed by the SHA-256 of its content.

    The same content may stand in several splits or classes of one dataset: that is a leak or a
    conflict that people must be shown. `width` and `height` are pixels of the upright picture.
    `labelled_by` gave it its class, or took it away, last and by hand (empty: it came so),
    `labelled_at` is when. `source` is the import that it came with; `sent` says that it came
    without an archive; with neither it is from before that was kept. `purged_at`: its days in the
    trash were over and only versions keep it. `forgetting`: its file, name and metadata are gone
    for good, and the row stays for the versions that hold it; it is deleted in every other sense.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="images")
    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=512)
    class_label = models.ForeignKey(
        ClassLabel, null=True, on_delete=models.PROTECT, related_name="images", db_index=False
    )
    split = models.CharField(max_length=10, choices=SplitName, blank=True, default="")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    format = models.CharField(max_length=8)
    bytes = models.PositiveBigIntegerField()
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    source = models.ForeignKey(
        "datasets.Import",
        null=True,
        editable=False,
        # An import goes with its dataset alone, and so do its images.
        on_delete=models.DO_NOTHING,
        related_name="images",
        db_index=False,
        db_constraint=False,
    )
    sent = models.BooleanField(default=False, db_default=False, editable=False)
    excluded_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    purged_at = models.DateTimeField(null=True, editable=False)
    labelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    labelled_at = models.DateTimeField(null=True, editable=False)
    forgetting = models.ForeignKey(
        Forgetting,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="images",
        db_index=False,
    )

    objects = ImageQuerySet.as_manager()
    is_shared = False

    class Meta:
        indexes = [
            models.Index(
                fields=["dataset", "-created_at", "-id"],
                name="image_newest",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["class_label", "-created_at", "-id"],
                name="image_newest_of_class",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["dataset", "class_label", "split"],
                name="image_counts",
                condition=Q(deleted_at=None),
            ),
            models.Index(fields=["dataset", "sha256"], name="image_stored"),
            models.Index(
                fields=["dataset", "split"],
                name="image_of_split",
                condition=Q(deleted_at=None) & ~Q(split=""),
            ),
            models.Index(
                fields=["dataset", "-created_at", "-id"],
                name="image_newest_in_trash",
                condition=Q(deleted_at__isnull=False),
            ),
            models.Index(
                fields=["deleted_at"],
                name="image_purge",
                condition=Q(deleted_at__isnull=False, purged_at=None),
            ),
            models.Index(
                fields=["labelled_by", "dataset", "-created_at", "-id"],
                name="image_newest_by_person",
                condition=Q(deleted_at=None, labelled_by__isnull=False),
            ),
            models.Index(
                fields=["forgetting"],
                name="image_forgotten",
                condition=Q(forgetting__isnull=False),
            ),
            models.Index(
                fields=["dataset", "-created_at", "-id"],
                name="image_newest_excluded",
                condition=Q(deleted_at=None, excluded_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
