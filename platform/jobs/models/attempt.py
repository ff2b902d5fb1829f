from django.db import models

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


class JobAttemptQuerySet(TenantQuerySet):
    organization_path = "job__organization"


class JobAttempt(UUIDModel):
    """One claim of a job by one worker, and how it ended. `number` is the attempt that counted."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempt_set")
    number = models.PositiveSmallIntegerField()
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=120)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    error = models.JSONField(null=True)
    log_tail = models.TextField(blank=True)

    objects = JobAttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "fence"], name="attempt_once_per_fence")
        ]

    @property
    def public_log(self) -> str:
        """The log's tail without tracebacks, whose paths and code are for operators alone."""
        note = "(A traceback stood here; administrators of Loupe can read it.)"
        # A tail may begin in the middle of a traceback: then its first line is indented.
        inside = self.log_tail.startswith("  ")
        lines: list[str] = [note] if inside else []
        for line in self.log_tail.splitlines():
            if line.startswith("Traceback (most recent call last)"):
                inside = True
                lines.append(note)
            elif inside and line and not line.startswith(" "):
                # The error's own line ends the traceback.
                inside = False
            elif not inside:
                lines.append(line)
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.job_id}"
