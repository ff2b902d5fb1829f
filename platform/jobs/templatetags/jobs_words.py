"""Words and lengths of time on the pages about jobs."""

from datetime import datetime

from django import template
from django.utils import timezone

from jobs.models import Job, JobAttempt, Outcome

register = template.Library()
ENDINGS = {
    "": ("Running", "tone-busy"),
    Outcome.SUCCEEDED: ("Succeeded", "tone-good"),
    Outcome.FAILED: ("Failed", "tone-bad"),
    Outcome.CANCELLED: ("Cancelled", "tone-neutral"),
    Outcome.LOST: ("Lost", "tone-bad"),
    Outcome.GIVEN_BACK: ("Given back, not counted: the worker shut down", "tone-wait"),
    Outcome.PARKED: ("Waits for other jobs, not counted", "tone-neutral"),
}


@register.filter
def took(work: Job | JobAttempt) -> str:
    """How long the job or attempt has run, until now if it has not ended."""
    return _length(work.started_at, work.ended_at)


@register.filter
def waited(job: Job) -> str:
    """How long the job waited for its first attempt."""
    return _length(job.created_at, job.started_at or job.ended_at)


@register.filter
def ending(attempt: JobAttempt) -> str:
    """How an attempt ended, in words."""
    return ENDINGS[attempt.outcome][0]


@register.filter
def tone(attempt: JobAttempt) -> str:
    """The class of those words' colour."""
    return f"status {ENDINGS[attempt.outcome][1]}"


def _length(start: datetime | None, end: datetime | None) -> str:
    if start is None:
        return "–"
    seconds = max(0.0, ((end or timezone.now()) - start).total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
