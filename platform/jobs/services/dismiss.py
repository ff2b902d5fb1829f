"""Put a failed job out of sight: a person has read why it failed."""

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services.audit import record
from common.errors import Conflict
from jobs.models import Job, Status


def dismiss(*, user: User, job: Job) -> Job:
    """Take a failed job off the list of what waits for people; it stays among the jobs.

    Doing so twice is fine. Raises `Conflict` for a job that has not failed, `Forbidden` for a
    viewer.
    """
    require_role(user=user, organization=job.organization, role=Role.EDITOR)
    if job.status != Status.FAILED:
        raise Conflict(f"Only failed jobs can be dismissed; this one is {job.status}.")
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, dismissed_at=None).update(dismissed_at=Now()):
            record(actor=user, action="job.dismiss", target=job)
    job.refresh_from_db()
    return job
