from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from datasets.models.image import Image
from datasets.models.split import Split
from datasets.models.version import DatasetVersion


class SampleQuerySet(TenantQuerySet):
    organization_path = "version__dataset__organization"
    shared_with = SharedWith(ShareKind.DATASET, "version__dataset")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not in the trash with its dataset."""
        return Q(version__dataset__deleted_at=None)

    def kept(self) -> Self:
        """Leave out what was forgotten: it has no file, no name and no metadata."""
        return self.filter(forgotten=False)


class Sample(models.Model):
    """Image × class × split inside a version, as it was when frozen; never deleted.

    It carries the content's hash, the name and the metadata itself, so that a later relabelling,
    renaming or trashing of the image leaves the version what it was. Where the image is
    `forgotten`, name and metadata are empty, and hash, class and split stay, so that the version's
    digest can still be checked. A trigger refuses every other change.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="samples", db_index=False
    )
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="samples")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=512)
    metadata = models.JSONField(default=dict)
    class_index = models.PositiveSmallIntegerField()
    split = models.PositiveSmallIntegerField(choices=Split)
    # With a default in the database: during an upgrade web processes of before freeze, too.
    forgotten = models.BooleanField(default=False, db_default=False, editable=False)

    objects = SampleQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["version", "split"]),
            models.Index(
                fields=["version"],
                name="sample_forgotten",
                condition=models.Q(forgotten=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["version", "image"], name="sample_once_per_version")
        ]

    def __str__(self) -> str:
        return self.name
