"""Stop a job because the work that it was a part of has ended. Not for people: see `cancel`."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from jobs.models import WAITING, Job, Status
from jobs.services.announce import announce


def stop(*, job: Job, reason: str = "") -> bool:
    """Cancel a job that waits, ask the worker of one that runs; False for one that has ended.

    `reason` is a sentence for people of up to 200 characters: why Loupe does it unasked.
    """
    with transaction.atomic():
        job = job.lock()
        if job.is_terminal:
            return False
        fields: dict[str, Any] = {"cancel_requested_at": job.cancel_requested_at or Now()}
        fields["cancel_reason"] = job.cancel_reason or reason
        if job.status in WAITING or job.is_parked:
            fields |= {"status": Status.CANCELLED, "ended_at": Now(), "available_at": None}
        Job.objects.filter(pk=job.pk).update(**fields)
        transaction.on_commit(lambda: announce(job.pk), robust=True)
    return True
