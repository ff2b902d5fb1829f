"""Insert work in the caller's transaction; ring for it once that has committed."""

from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from accounts.quotas import Quota
from accounts.services.quotas import take
from common.errors import Conflict
from common.trace import current, new_trace_id
from jobs.kinds import Kind, all_kinds
from jobs.models import TERMINAL, Job
from jobs.selectors.turns import first_turn
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

    It has the trace id of the request or the job that starts it.
    After a rollback there is no job; if this process dies after the commit, the relay rings.
    Raises `Conflict` (`too_many_open`) for a job too many of the person's (`Kind.limit`), and
    `QuotaExceeded` for one too many of the organization's, unless it `follows` from work that was
    let in and must not fail by it; what no person starts (`Kind.is_counted`) is let in.
    """
    _require_turn(kind, created_by)
    if kind.is_counted and not follows:
        take(organization=organization, amounts={Quota.JOBS: 1})
    trace = current()
    job = Job.objects.create(
        kind=kind.name,
        queue=kind.queue.value,
        organization=organization,
        created_by=created_by,
        title=title[:200],
        payload=payload,
        priority=priority,
        max_attempts=kind.max_attempts,
        turn_at=first_turn(kind),
        trace_id=trace.trace_id if trace else new_trace_id(),
    )
    transaction.on_commit(lambda: publish_pending(job_id=job.pk), robust=True)
    return job


def _require_turn(kind: Kind, person: User | None) -> None:
    if kind.limit is None or person is None:
        return
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    sharing = [each.name for each in all_kinds() if each.limit == kind.limit]
    under_way = Job.objects.filter(created_by=person, kind__in=sharing).exclude(status__in=TERMINAL)
    if (number := under_way.count()) >= kind.limit.most:
        raise Conflict(
            f"A person may have {kind.limit.most} {kind.limit.what} running or waiting; you have "
            f"{number}.",
            code="too_many_open",
            hint="Wait for one of them to end, or cancel one.",
        )
