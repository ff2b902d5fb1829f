"""Cancel a job: at once while it waits, by request while it runs."""

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services.audit import record
from common.errors import Conflict
from jobs.models import Job, Status
from jobs.services.stop import stop


def cancel(*, user: User, job: Job) -> Job:
    """Cancel a job that waits; ask the worker of one that runs to stop (within seconds).

    Asking twice is fine. Raises `Conflict` for a job that has succeeded or failed, `Forbidden`
    for a viewer.
    """
    require_role(user=user, organization=job.organization, role=Role.EDITOR)
    with transaction.atomic():
        job = job.lock()
        if job.status in (Status.SUCCEEDED, Status.FAILED):
            raise Conflict(f"This job has ended ({job.status}), so it cannot be cancelled.")
        if job.status == Status.CANCELLED or job.cancel_requested_at:
            return job
        stop(job=job)
        record(actor=user, action="job.cancel", target=job)
    job.refresh_from_db()
    return job
