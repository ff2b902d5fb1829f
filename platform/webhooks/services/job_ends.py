"""Announce the ends of jobs: what people started, and whatever has failed."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse_lazy
from django.utils import timezone

from common.sentences import quoted
from jobs import kinds
from jobs.models import Job, Status
from jobs.selectors.jobs import kind_title
from webhooks.events import Event
from webhooks.models import ToldJob
from webhooks.services.announce import announce

# The listener has had its time; what is older is no news.
_GRACE, _LONGEST = timedelta(minutes=1), timedelta(hours=6)
_BATCH = 500
_SHOWN = 1_000


def on_job_ended(job: Job) -> None:
    """Announce the end of a job once, however often this is called."""
    if not _is_told(job):
        return
    with transaction.atomic():
        _, is_new = ToldJob.objects.get_or_create(job=job)
        if not is_new:
            return
        announce(
            organization=job.organization,
            event=Event.JOB_SUCCEEDED if job.status == Status.SUCCEEDED else Event.JOB_FAILED,
            subject={
                "type": "job",
                "id": job.pk,
                "url": reverse_lazy("jobs:detail", args=[job.pk]),
            },
            data={"job": _facts(job)},
            text=_sentence(job),
        )


def announce_missed_jobs() -> None:
    """Announce the ends that a process which died has kept for itself."""
    now = timezone.now()
    missed = (
        Job.objects.filter(
            ~Exists(ToldJob.objects.filter(job=OuterRef("pk"))),
            status__in=(Status.SUCCEEDED, Status.FAILED),
            ended_at__range=(now - _LONGEST, now - _GRACE),
            kind__in=_told_kinds(),
        )
        .select_related("organization", "created_by")
        .order_by("ended_at")
    )
    for job in missed[:_BATCH]:
        on_job_ended(job)


def _told_kinds() -> list[str]:
    """Return the kinds of which any end is told."""
    return [kind.name for kind in kinds.all_kinds() if _may_tell(kind)]


def _may_tell(kind: kinds.Kind) -> bool:
    """Whether an end may be told: not of parts, nor of what tells (it would never end)."""
    return not kind.is_part and kind.queue is not kinds.Queue.NOTIFY


def _is_told(job: Job) -> bool:
    """Whether people outside hear of it, as they do on pages: failures, and what was started."""
    kind = kinds.find(job.kind)
    if kind is None or not _may_tell(kind):
        return False
    return job.status == Status.FAILED or (job.status == Status.SUCCEEDED and kind.announced)


def _facts(job: Job) -> dict[str, Any]:
    """Return what the API says of a job, but for what has no bound."""
    error, result = job.error or {}, job.result or {}
    return {
        "id": job.pk,
        "kind": job.kind,
        "title": job.title,
        "status": job.status,
        "created_by": job.created_by.get_username() if job.created_by else None,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "error": {name: str(text)[:_SHOWN] for name, text in error.items()} or None,
        "result": {name: result[name] for name in ("type", "id", "url") if name in result} or None,
    }


def _sentence(job: Job) -> str:
    title = quoted([job.title])
    if job.status == Status.SUCCEEDED:
        return f"{kind_title(job.kind)} {title} has succeeded."
    if job.needs_answer:
        return f"{kind_title(job.kind)} {title} needs an answer."
    detail = (job.error or {}).get("detail", "")
    return f"{kind_title(job.kind)} {title} has failed. {detail}".strip()
