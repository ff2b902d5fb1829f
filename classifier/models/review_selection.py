from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.batch_prediction import BatchPrediction
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel
from datasets.models import Dataset
from jobs.models import Job


class ReviewKind(models.TextChoices):
    """What can be chosen for review."""

    UNLABELLED = "unlabelled", "Images without a class"
    LABEL_ERRORS = "label_errors", "Labels that are probably wrong"
    PREDICTIONS = "predictions", "Doubtful predictions"
    BATCH = "batch", "Doubtful answers of a batch"


class ReviewSelection(UUIDModel):
    """Images that a person has chosen for review; its status is its job's.

    One of `dataset`, `model` (its kept predictions) and `batch` says of what. An answer is doubtful
    by its decision (review, unknown), and where there was none, below `confidence`.

    `counts` says what became of what was chosen: `queued`, `known` (in the queue already, or
    answered there), `full` (the queue had no room), `gone` (the image went meanwhile),
    `without_answer` (queued, with nothing suggested), `several` (left out: about several images of
    one thing), `undecided` (left out: without a decision, and no `confidence` was given). `ranked`
    of the open items have a place in the order of diversity, told from `vectors`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=ReviewKind)
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.CASCADE, related_name="+")
    model = models.ForeignKey(
        RegisteredModel, null=True, on_delete=models.CASCADE, related_name="+"
    )
    batch = models.ForeignKey(
        BatchPrediction, null=True, on_delete=models.CASCADE, related_name="+"
    )
    confidence = models.FloatField(null=True)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="review_selection")
    counts = models.JSONField(default=dict)
    ranked = models.PositiveIntegerField(default=0)
    vectors = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.dataset or self.batch or self.model}"
