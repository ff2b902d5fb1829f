"""A job as the API and the live stream show it."""

from datetime import datetime
from typing import Any

from jobs.models import Job


def describe(job: Job) -> dict[str, Any]:
    """Return the Job of the API as JSON values."""
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "title": job.title,
        "status": str(job.status),
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "progress": job.full_progress,
        "error": job.error,
        "result": job.result,
        "created_at": _text(job.created_at),
        "started_at": _text(job.started_at),
        "ended_at": _text(job.ended_at),
        "next_attempt_at": _text(job.available_at) if job.status == "retry_wait" else None,
        "cancel_requested_at": _text(job.cancel_requested_at),
        "cancel_reason": job.cancel_reason,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
