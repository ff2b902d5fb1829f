from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from datasets.models import Dataset
from jobs.models import Job


class ReviewKind(models.TextChoices):
    """What can be chosen for review."""

    UNLABELLED = "unlabelled", "Images without a class"
    LABEL_ERRORS = "label_errors", "Labels that are probably wrong"


class ReviewSelection(UUIDModel):
    """Images that a person has chosen for review; its status is its job's.

    `counts` says what became of what was chosen: `queued`, `known` (in the queue already), `full`
    (the queue had no room), `without_answer` (queued, with nothing suggested). `ranked` of the open
    items have a place in the order of diversity, told from `vectors`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=ReviewKind)
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.CASCADE, related_name="+")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="review_selection")
    counts = models.JSONField(default=dict)
    ranked = models.PositiveIntegerField(default=0)
    vectors = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.dataset_id}"
