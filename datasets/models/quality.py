import uuid

from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from datasets.models.class_label import ClassLabel
from datasets.models.dataset import Dataset
from datasets.models.image import Image
from jobs.models import Job


class FindingKind(models.TextChoices):
    """What a quality report finds, the worst first."""

    SPLIT_LEAK = "split_leak", "In more than one split"
    LABEL_CONFLICT = "label_conflict", "Under more than one class"
    LABEL_ERROR = "label_error", "Probably the wrong class"
    EXACT_DUPLICATE = "exact_duplicate", "Exact duplicates"
    NEAR_DUPLICATE = "near_duplicate", "Near duplicates"
    SMALL_CLASS = "small_class", "Classes with few images"
    BLANK = "blank", "Blank images"
    BLURRED = "blurred", "Blurred images"
    IMBALANCE = "imbalance", "Far smaller than the largest class"
    TINY = "tiny", "Tiny images"
    ODD_SHAPE = "odd_shape", "Oddly shaped images"


class QualityReportQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class QualityReport(models.Model):
    """The latest check of a dataset; what was found is in its items.

    `job` is the latest check, whose status is the report's; the other fields are of the last one
    that succeeded, and empty before. `facts_at` is when it read the images: what came or changed
    later it does not know. `wanted_again`: a check was asked for while one was running.
    """

    dataset = models.OneToOneField(
        Dataset, primary_key=True, on_delete=models.CASCADE, related_name="quality_report"
    )
    job = models.OneToOneField(
        Job, null=True, on_delete=models.SET_NULL, related_name="quality_report"
    )
    wanted_again = models.BooleanField(default=False)
    facts_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    images_checked = models.PositiveIntegerField(default=0)
    # What images were compared by, and how often a classifier on it agreed with the given class.
    embedding = models.CharField(max_length=120, blank=True)
    agreement = models.FloatField(null=True)
    unchecked = models.JSONField(default=list)

    objects = QualityReportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Quality of {self.dataset_id}"


class QualityItemQuerySet(TenantQuerySet):
    organization_path = "report__dataset__organization"


class QualityItem(models.Model):
    """One thing to look at and decide: an image, images that are copies, or a class.

    `fact` is a digest of what was found: a later check that finds the same keeps the row's id and
    whether it was dismissed. `rank` counts the items of a kind from 0, the worst first; `score` is
    what they are ranked by. A label error has the class it was found under and the likelier one.
    `by_person`: the last check did not find it, a person said that the label is right
    (`services.quality.keep_label`); such items are dismissed, have ranks of their own and stay.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(
        QualityReport, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    kind = models.CharField(max_length=20, choices=FindingKind)
    by_person = models.BooleanField(default=False, db_default=False)
    rank = models.PositiveIntegerField()
    score = models.FloatField(default=0)
    fact = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True)
    given_class = models.ForeignKey(
        ClassLabel, null=True, on_delete=models.CASCADE, related_name="+"
    )
    suggested_class = models.ForeignKey(
        ClassLabel, null=True, on_delete=models.CASCADE, related_name="+"
    )
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = QualityItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "kind", "rank", "by_person"], name="quality_item_rank_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.rank}"


class QualityMemberQuerySet(TenantQuerySet):
    organization_path = "item__report__dataset__organization"


class QualityMember(models.Model):
    """An image of an item. Of copies the one at position 0 is the one to keep, if only one is."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(QualityItem, on_delete=models.CASCADE, related_name="members")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="quality_members")
    position = models.PositiveIntegerField()

    objects = QualityMemberQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.item_id}: {self.image_id}"
