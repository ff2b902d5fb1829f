from django.db import models
from django.db.models.functions import Now

from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from jobs.models.job import Job


class Outcome(models.TextChoices):
    """How an attempt ended; blank while it runs."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    GIVEN_BACK = "given_back", "Given back: the worker shut down"
    PARKED = "parked", "Waits for other jobs"


class JobAttemptQuerySet(TenantQuerySet):
    organization_path = "job__organization"


class JobAttempt(UUIDModel):
    """One claim of a job by one worker, and how it ended. `number` is the attempt that counted."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempt_set")
    number = models.PositiveSmallIntegerField()
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=120)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    error = models.JSONField(null=True)
    # The end of everything that the process wrote, for operators; of what it said to members.
    log_tail = models.TextField(blank=True)
    public_log = models.TextField(blank=True)

    objects = JobAttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "fence"], name="attempt_once_per_fence")
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.job_id}"
