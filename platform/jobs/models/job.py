from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from common.trace import Trace
from jobs import kinds
from jobs.errors import NEEDS_CONFIRMATION


class Status(models.TextChoices):
    """The states of a job; migration 0002 holds the allowed moves in the database."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    RETRY_WAIT = "retry_wait"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


WAITING = (Status.PENDING, Status.QUEUED, Status.RETRY_WAIT)
TERMINAL = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
# The priority of what Loupe starts by itself. Below 0, work is in the background: it lets other
# jobs pass in its queue, and its process lets others pass at the processors.
BY_ITSELF = -10
NO_PROGRESS = {
    "done": None,
    "total": None,
    "unit": "",
    "message": "",
    "eta_seconds": None,
    "rate": None,
}


class Job(UUIDModel):
    """One piece of background work. Postgres holds the truth; a Celery message is a doorbell."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=40)
    queue = models.CharField(max_length=16)
    title = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    priority = models.SmallIntegerField(
        default=0,
        help_text="Higher goes first, before the fair share between people and organizations. "
        "Below 0 it also lets all other work of its machine pass.",
    )
    # The first job of a chain of retries: they share its checkpoints.
    lineage = models.UUIDField(editable=False)
    retry_of = models.OneToOneField(
        "self", null=True, editable=False, on_delete=models.SET_NULL, related_name="retried_by"
    )

    # The request that started it, or the job that did: lines of logs have it (common.trace).
    trace_id = models.CharField(max_length=32, blank=True, db_default="", editable=False)

    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    # Grows with every claim and is never used twice: writes that carry an old one change nothing.
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    available_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    # Why Loupe cancelled it, in a sentence; empty where a person did.
    cancel_reason = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    published_at = models.DateTimeField(null=True)
    # From when on a job in the background counts as one of priority 0 (`jobs.selectors.turns`).
    turn_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # When everything that the job left on disk had been dealt with.
    tidied_at = models.DateTimeField(null=True)
    # When a person said that they need not be told of this failure any longer.
    dismissed_at = models.DateTimeField(null=True)
    # When a person said that what it left on disk is of no use to them.
    released_at = models.DateTimeField(null=True)

    # What all attempts have used, also those of the jobs that this one retries; the GPU's time is
    # that in which it was held. Null: from before it was measured.
    processor_seconds = models.FloatField(null=True, default=0.0, editable=False)
    gpu_seconds = models.FloatField(null=True, default=0.0, editable=False)

    progress = models.JSONField(default=dict)
    error = models.JSONField(null=True)
    result = models.JSONField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["queue", "status"]),
            models.Index(fields=["organization", "queue", "claimed_at"]),
            models.Index(fields=["created_by", "queue", "claimed_at"], name="job_served"),
            models.Index(
                fields=["created_by", "ended_at"],
                name="job_news",
                condition=Q(status__in=TERMINAL),
            ),
            models.Index(fields=["ended_at"], name="job_ended", condition=Q(status__in=TERMINAL)),
            models.Index(
                fields=["organization"], name="job_open", condition=~Q(status__in=TERMINAL)
            ),
            models.Index(
                fields=["lease_until"], name="job_lease", condition=Q(status=Status.RUNNING)
            ),
            models.Index(
                fields=["ended_at"],
                name="job_untidy",
                condition=Q(status__in=TERMINAL, tidied_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Begin a lineage of its own unless it was given one."""
        if self.lineage is None:
            self.lineage = self.pk
        super().save(*args, **kwargs)

    @property
    def trace(self) -> Trace:
        """What the lines of logs about its latest attempt say that they belong to."""
        return Trace(self.trace_id, str(self.pk), self.attempts, str(self.organization_id))

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended."""
        return self.status in TERMINAL

    @property
    def is_parked(self) -> bool:
        """Whether it waits for other jobs, in no worker's hands."""
        return self.status == Status.RUNNING and self.lease_until is None

    @property
    def in_background(self) -> bool:
        """Whether it lets everything pass that a person waits for.

        A part of a person's job does not, though it goes last in its queue, unless its kind says
        so.
        """
        kind = kinds.find(self.kind)
        if kind is not None and kind.in_background:
            return True
        return self.priority < 0 and not (kind and kind.is_part)

    @property
    def needs_answer(self) -> bool:
        """Whether it stopped to ask: an end for the machine, a question to a person."""
        return self.status == Status.FAILED and (self.error or {}).get("code") == NEEDS_CONFIRMATION

    @property
    def shown_status(self) -> str:
        """The status for people: `needs_answer` is no failure to them."""
        return "needs_answer" if self.needs_answer else str(self.status)

    @property
    def full_progress(self) -> dict:
        """The progress with every field of the API, whatever has been reported."""
        return {**NO_PROGRESS, **self.progress}
