"""Change the order of the queue."""

from django.db import transaction

from accounts.models import User
from accounts.policies import is_operator
from accounts.services.audit import record
from common.errors import Conflict, Forbidden
from jobs.models import TERMINAL, Job


def prioritize(*, user: User, job: Job, priority: int) -> Job:
    """Set a job's priority (-100 to 100; higher goes first, whatever the fair share says).

    For staff: it lets one organization pass all others. Raises `Forbidden` for others, `Conflict`
    for a job that has ended.
    """
    if not is_operator(user):
        raise Forbidden("Only administrators of this Loupe may change the order of the queue.")
    priority = max(-100, min(100, priority))
    with transaction.atomic():
        changed = (
            Job.objects.filter(pk=job.pk)
            .exclude(status__in=TERMINAL)
            .exclude(priority=priority)
            .update(priority=priority)
        )
        job.refresh_from_db()
        if job.is_terminal:
            raise Conflict(f"This job has ended ({job.status}); its priority means nothing.")
        if changed:
            record(actor=user, action="job.prioritize", target=job, priority=priority)
    return job
