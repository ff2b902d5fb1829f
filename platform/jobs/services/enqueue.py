"""Insert work in the caller's transaction; ring for it once that has committed."""

from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from jobs.kinds import Kind
from jobs.models import Job
from jobs.services.publish import publish_pending


def enqueue(
    *,
    kind: Kind,
    organization: Organization,
    created_by: User | None,
    title: str,
    payload: dict[str, Any],
    priority: int = 0,
) -> Job:
    """Return a new pending job of this kind; `payload` is JSON, `priority` higher goes first.

    After a rollback there is no job; if this process dies after the commit, the relay rings.
    """
    job = Job.objects.create(
        kind=kind.name,
        queue=kind.queue.value,
        organization=organization,
        created_by=created_by,
        title=title[:200],
        payload=payload,
        priority=priority,
        max_attempts=kind.max_attempts,
    )
    transaction.on_commit(lambda: publish_pending(job_id=job.pk), robust=True)
    return job
