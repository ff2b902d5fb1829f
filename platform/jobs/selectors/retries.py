"""Which jobs a person may run again."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from jobs import kinds
from jobs.errors import QUOTA_EXCEEDED
from jobs.models import TERMINAL, Job, Status


def why_not_retried(job: Job) -> str:
    """Return the sentence that says why this job cannot be run again; empty when it can."""
    if job.status not in (Status.FAILED, Status.CANCELLED):
        return f"Only failed and cancelled jobs can be run again; this one is {job.status}."
    if kinds.find(job.kind) is None:
        return "This version of Loupe no longer knows this kind of work."
    if job.needs_answer:
        return "This waits for an answer; it would only ask again."
    if Job.objects.filter(retry_of=job).exists():
        return "This job has been run again already."
    if job.tidied_at is not None or job.released_at is not None:
        return "What this job worked on has been removed. Start it again."
    if not keeps_material(job):
        return "This would fail in the same way again. Correct the data and start again."
    return ""


def keeps_material(job: Job) -> bool:
    """Whether an ended job's uploads and checkpoints are kept a while, for a retry or resume."""
    return Job.objects.filter(_keeps_material(), pk=job.pk).exists()


def to_be_tidied() -> QuerySet[Job]:
    """Return the ended jobs whose material is of no more use and is still there."""
    window = timedelta(seconds=settings.JOB_RETRY_WINDOW_SECONDS)
    return Job.objects.filter(status__in=TERMINAL, tidied_at=None).exclude(
        _keeps_material() & Q(ended_at__gte=Now() - window)
    )


def _keeps_material() -> Q:
    resumable = [kind.name for kind in kinds.all_kinds() if kind.resumable]
    failed = Q(status=Status.FAILED) & ~Q(error__code__in=("bad_data", QUOTA_EXCEEDED))
    kept = failed | Q(status=Status.CANCELLED, kind__in=resumable)
    return kept & Q(released_at=None)
