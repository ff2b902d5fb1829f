"""Insert work in the caller's transaction; ring for it once that has committed."""

from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from accounts.quotas import Quota
from accounts.services.quotas import take
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
    follows: bool = False,
) -> Job:
    """Return a new pending job of this kind; `payload` is JSON, `priority` higher goes first.

    After a rollback there is no job; if this process dies after the commit, the relay rings.
    Raises `QuotaExceeded` for a job too many of the organization's, unless it `follows` from work
    that was let in and must not fail by it; what no person starts (`Kind.is_counted`) is let in.
    """
    if kind.is_counted and not follows:
        take(organization=organization, amounts={Quota.JOBS: 1})
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
