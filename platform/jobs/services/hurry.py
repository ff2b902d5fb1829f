"""A person comes to wait for work that Loupe had started by itself."""

from jobs.models import TERMINAL, Job


def hurry(*, job: Job) -> None:
    """Take a job out of the background, in the caller's transaction; it may wait or run."""
    ours = Job.objects.filter(pk=job.pk, priority__lt=0).exclude(status__in=TERMINAL)
    if ours.update(priority=0):
        job.priority = 0
