from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from datasets.models import Dataset, DatasetVersion, Image
from jobs.models import Chunk, Job


class BatchSource(models.TextChoices):
    """Where the images of a batch come from."""

    ARCHIVE = "archive", "Archive"
    DATASET_VERSION = "dataset_version", "Dataset version"
    DATASET = "dataset", "Dataset"


class BatchPrediction(UUIDModel):
    """Many images that one model version is asked about; its status is its job's (ADR 0051).

    Which images these are is settled when it starts: `image_count` of them, in the order of
    `BatchResult.index`. `selection` is what was asked for of a dataset or a version: {filter} or
    {images: count}, {split}, or the {encoding} of a zip's names. `upload` is ours, under which an
    archive waits until the job has ended. `kept_bytes` counts for the quota: what the archive and
    its images may take, and from the end of the job on what the images take. `rule` is {name,
    content, vectors} of the version's decision as it was at the start, null where there was none;
    `vectors` is the SHA-256 of the file of its training vectors, empty without one. Its results,
    and the images of an archive, go at `expires_at`. `deleted_at`: it is gone for people, and what
    it has is about to be.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="batch_predictions"
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="batch_predictions"
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="batch_prediction")
    source = models.CharField(max_length=16, choices=BatchSource)
    dataset = models.ForeignKey(
        Dataset, null=True, on_delete=models.SET_NULL, related_name="batch_predictions"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, null=True, on_delete=models.SET_NULL, related_name="batch_predictions"
    )
    source_name = models.CharField(max_length=255)
    selection = models.JSONField(default=dict)
    upload = models.CharField(max_length=64, blank=True)
    archive_sha256 = models.CharField(max_length=64, blank=True)
    kept_bytes = models.PositiveBigIntegerField(default=0)
    image_count = models.PositiveIntegerField()
    # Files of an archive that an operating system left there; no one asks about them.
    skipped_count = models.PositiveIntegerField(default=0)
    # Images that were forgotten since: their results are gone.
    forgotten_count = models.PositiveIntegerField(default=0)
    rule = models.JSONField(null=True)
    top_k = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(db_index=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "batch prediction"
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="batch_newest"),
            models.Index(fields=["model_version"], name="batch_of_version"),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} by {self.model_version}"

    @property
    def status(self) -> str:
        """Its job's status."""
        return self.job.status


class BatchChunk(Chunk):
    """Some images of a batch, `size` of them, that one job asks about at a time.

    `items` go with its end.
    `items` is [[index, name, …]]: an image's id, name and SHA-256, or a file of an archive
    (`datasets.archive.member.Member`). `contents` are the SHA-256 of files that may have been
    stored before the rows that need them; null when there are none.
    """

    source = models.ForeignKey(
        BatchPrediction, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    size = models.PositiveIntegerField()
    items = models.JSONField()
    contents = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="chunk_once_per_batch")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"


class BatchResultQuerySet(TenantQuerySet):
    organization_path = "batch__organization"


class BatchResult(models.Model):
    """One image of a batch: its answer (a stored `ImageAnswer`), or what is wrong with its file.

    `class_name`, `probability` and `decision` are the answer's, to filter and sort by; an error has
    `code` and `detail`, and none of them. `image` is the dataset's; `sha256` its content, empty
    where a file of an archive could not be read. `file` is {width, height, format, bytes,
    thumbnail_bytes} of a file of an archive, which is kept as long as this row.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(
        BatchPrediction, on_delete=models.CASCADE, related_name="results", db_index=False
    )
    index = models.PositiveIntegerField()
    name = models.CharField(max_length=512)
    image = models.ForeignKey(
        Image, null=True, on_delete=models.SET_NULL, related_name="batch_results"
    )
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    file = models.JSONField(null=True)
    class_name = models.CharField(max_length=255, blank=True)
    probability = models.FloatField(null=True)
    decision = models.CharField(max_length=7, blank=True)
    answer = models.JSONField(null=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=400, blank=True)

    objects = BatchResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "index"], name="batch_result_once"),
            models.CheckConstraint(
                condition=Q(answer__isnull=False, code="") | Q(answer__isnull=True) & ~Q(code=""),
                name="batch_result_answer_or_error",
            ),
        ]
        indexes = [models.Index(fields=["batch", "class_name"], name="batch_result_class")]

    def __str__(self) -> str:
        return f"{self.name}: {self.class_name or self.code}"

    @property
    def classes(self) -> list[dict[str, Any]]:
        """The top of the answer, [{class_name, probability}], most probable first."""
        return list((self.answer or {}).get("classes", []))


class BatchAdditionQuerySet(TenantQuerySet):
    organization_path = "batch__organization"


class BatchAddition(UUIDModel):
    """Answers of a batch that become labels of a dataset; its status is its job's.

    `least_probability` is what an answer must have at least, null where the decision "accept"
    chose. `counts` is {labelled, added, labelled_before, copies, gone} of the answers up to
    `last_index`, null before the first.
    """

    batch = models.ForeignKey(BatchPrediction, on_delete=models.CASCADE, related_name="additions")
    dataset = models.ForeignKey(
        Dataset, null=True, on_delete=models.SET_NULL, related_name="batch_additions"
    )
    dataset_name = models.CharField(max_length=255)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="batch_addition")
    least_probability = models.FloatField(null=True)
    counts = models.JSONField(null=True)
    # With a default in the database: during an upgrade processes of before write rows, too.
    last_index = models.IntegerField(default=-1, db_default=-1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = BatchAdditionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.batch} into {self.dataset_name}"
