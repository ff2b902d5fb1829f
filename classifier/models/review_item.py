from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Organization, User
from accounts.querysets import TenantQuerySet
from classifier.models.batch_prediction import BatchResult
from classifier.models.kept_prediction import KeptPrediction
from classifier.models.registered_model import RegisteredModel
from classifier.models.review_selection import ReviewKind, ReviewSelection
from common.models import UUIDModel
from datasets.models import ClassLabel, Dataset, Image

# The rank of an item that has no place in the order of diversity: after all that have one.
UNRANKED = 2**31 - 1


class ReviewStatus(models.TextChoices):
    """What has become of an item."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"


class ReviewItemQuerySet(TenantQuerySet):
    def open(self) -> Self:
        """Keep what still needs a person: what was not answered, here or elsewhere."""
        in_use = Q(image__deleted_at=None, image__excluded_at=None, image__dataset__deleted_at=None)
        as_queued = Q(reason=ReviewKind.UNLABELLED, image__class_label=None) | Q(
            reason=ReviewKind.LABEL_ERRORS, image__class_label=F("given_class")
        )
        kept = Q(
            reason=ReviewKind.PREDICTIONS,
            kept__prediction__feedback=None,
            kept__deleted_at=None,
            kept__expires_at__gt=timezone.now(),
        )
        has_image = Q(batch_result__file__isnull=False) | Q(
            batch_result__image__isnull=False, batch_result__image__deleted_at=None
        )
        # Of an image of another organization's dataset, which shares it, the class is not asked.
        as_answered = (
            Q(batch_result__image__class_label=F("given_class"))
            | Q(given_class=None, batch_result__image__class_label=None)
            | ~Q(batch_result__image__dataset__organization=F("organization"))
        )
        of_batch = Q(has_image, as_answered, reason=ReviewKind.BATCH)
        return self.filter((in_use & as_queued) | kept | of_batch, status=ReviewStatus.OPEN)

    def free_for(self, user: User) -> Self:
        """Keep what no other person holds."""
        free = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now()) | Q(claimed_by=user)
        return self.filter(free)


class ReviewItem(UUIDModel):
    """Something a person is asked about, once: which class is this?

    It is about an image of a dataset, a kept prediction, or a result of a batch.

    `suggested` is [{class_name, probability}], the most probable first; empty: nothing is. A wrong
    label's has no probability. `uncertainty` is 0..1 (`classifier.engine.measure.uncertainty`), 1
    where nothing is suggested. `rank` is its place in the order of diversity, `UNRANKED` for none.
    `decision` is the answer's. `given_class` is the class that is doubted. Who has claimed it
    holds it until `claimed_until`; `skipped_by` are people who want to decide later. `class_name`
    is the answer; `undo` is what an undo needs of it: {images: [{id, added, class_name (of
    before)}], kept_label (a finding)}.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    selection = models.ForeignKey(
        ReviewSelection, null=True, on_delete=models.SET_NULL, related_name="items", db_index=False
    )
    reason = models.CharField(max_length=20, choices=ReviewKind)
    # Who asks: null where the dataset's instant model or its quality check does.
    model = models.ForeignKey(
        RegisteredModel, null=True, on_delete=models.CASCADE, related_name="review_items"
    )
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(
        Image, null=True, on_delete=models.CASCADE, related_name="review_items"
    )
    kept = models.OneToOneField(
        KeptPrediction, null=True, on_delete=models.CASCADE, related_name="review_item"
    )
    batch_result = models.OneToOneField(
        BatchResult, null=True, on_delete=models.CASCADE, related_name="review_item"
    )
    decision = models.CharField(max_length=10, blank=True)
    given_class = models.ForeignKey(
        ClassLabel, null=True, on_delete=models.CASCADE, related_name="+"
    )
    suggested = models.JSONField(default=list)
    uncertainty = models.FloatField()
    rank = models.PositiveIntegerField(default=UNRANKED)
    status = models.CharField(max_length=10, choices=ReviewStatus, default=ReviewStatus.OPEN)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True)
    skipped_by = ArrayField(models.UUIDField(), default=list)
    class_name = models.CharField(max_length=120, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    undo = models.JSONField(default=dict, editable=False)

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    image__isnull=False, kept__isnull=True, batch_result__isnull=True, model=None
                )
                | Q(image__isnull=True, kept__isnull=False, batch_result__isnull=True)
                | Q(image__isnull=True, kept__isnull=True, batch_result__isnull=False),
                name="review_item_has_one_source",
            ),
            models.UniqueConstraint(
                fields=["image"], condition=Q(status="open"), name="review_item_open_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "-uncertainty", "id"],
                condition=Q(status="open"),
                name="review_most_uncertain",
            ),
            models.Index(
                fields=["organization", "rank", "-uncertainty", "id"],
                condition=Q(status="open"),
                name="review_most_diverse",
            ),
            models.Index(
                fields=["answered_by", "-answered_at"],
                condition=Q(status="answered"),
                name="review_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"

    @property
    def is_claimed(self) -> bool:
        """Whether a person is deciding it now."""
        until = self.claimed_until
        return self.claimed_by_id is not None and until is not None and until >= timezone.now()
