from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from datasets.licences import MOST_WORDS, Licence
from datasets.models.dataset import Dataset
from datasets.models.image import Image
from jobs.models import Chunk, Job


class Duplicates(models.TextChoices):
    """What happens to a file whose content already stands in the same split and class."""

    SKIP = "skip", "Skip"
    KEEP = "keep", "Keep"


class Outcome(models.TextChoices):
    """What became of a file that was not added."""

    DUPLICATE = "duplicate", "Duplicate"
    SKIPPED = "skipped", "Skipped"
    REJECTED = "rejected", "Rejected"


class ImportStatus(models.TextChoices):
    """What an import can be beside what its job is."""

    NEEDS_CONFIRMATION = "needs_confirmation"
    DISMISSED = "dismissed"


class ImportQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class Import(UUIDModel):
    """One archive on its way into a dataset. Its status and counts are its job's."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="imports")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="dataset_import")
    archive_name = models.CharField(max_length=255)
    archive_sha256 = models.CharField(max_length=64)
    archive_bytes = models.PositiveBigIntegerField()
    # The name under media/uploads/, ours; the file goes when the job has ended.
    upload = models.CharField(max_length=64)
    duplicates = models.CharField(max_length=4, choices=Duplicates, default=Duplicates.SKIP)
    # How the archive is read: asked for, or the only reading there was (`archive.readings`).
    layout = models.CharField(max_length=40, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    # Of class names; a null leaves the class out.
    class_mapping = models.JSONField(default=dict)
    # Whether it asks how the archive is read even where only one reading is possible.
    asks = models.BooleanField(default=False, db_default=False)
    # What can be chosen while the import waits for an answer, afterwards what was taken.
    readings = models.JSONField(default=list)
    # Files whose content also stands in another class of the dataset.
    conflicts = models.PositiveIntegerField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    # Of its images; where it is empty the dataset's holds.
    licence = models.CharField(max_length=32, blank=True, default="", db_default="")
    licence_text = models.CharField(max_length=MOST_WORDS, blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ImportQuerySet.as_manager()

    def __str__(self) -> str:
        return self.archive_name

    @property
    def stated_licence(self) -> Licence:
        """The licence of its images; not stated where the dataset's holds."""
        return Licence(self.licence, self.licence_text)

    @property
    def status(self) -> str:
        """Its job's status; `needs_confirmation` while it waits for an answer, or `dismissed`."""
        if self.dismissed_at:
            return ImportStatus.DISMISSED
        return ImportStatus.NEEDS_CONFIRMATION if self.job.needs_answer else self.job.status


class ImportChunk(Chunk):
    """Some files of an archive that one job decodes at a time; the rows go when the import ends."""

    source = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="chunk_once_per_import")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"


class ImportItemQuerySet(TenantQuerySet):
    organization_path = "source__dataset__organization"


class ImportItem(models.Model):
    """A file of an archive that was not added as a new image, and why."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=512)
    outcome = models.CharField(max_length=9, choices=Outcome)
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=400)
    # The image that already holds the content of a duplicate.
    image = models.ForeignKey(
        Image, null=True, on_delete=models.SET_NULL, related_name="+", db_index=True
    )

    objects = ImportItemQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["source", "outcome", "id"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.code}"
