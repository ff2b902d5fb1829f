"""Tell the live stream how a job stands, and listeners that it has ended."""

from uuid import UUID

from jobs import events
from jobs.models import Job
from jobs.selectors.shape import describe
from jobs.services import listeners


def announce(job_id: UUID) -> None:
    """Publish the job as it stands in Postgres as a `status` event; tell listeners of its end."""
    job = Job.objects.filter(pk=job_id).first()
    if job is not None:
        events.publish(job_id, [("status", describe(job))])
        if job.is_terminal:
            listeners.tell(job)
