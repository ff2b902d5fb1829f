"""Whose batch has its turn."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from jobs.models import Job, Status


def another_waits(job: Job) -> bool:
    """Whether batches of other people wait in the queue, and this one should let one pass.

    As many of those that run go as people wait: first whose turn has been the longest.
    """
    patience = timedelta(seconds=settings.JOB_YIELD_SECONDS)
    waiting = (
        Job.objects.filter(queue=job.queue, kind=job.kind, status=Status.QUEUED)
        .filter(published_at__lt=Now() - patience)
        .exclude(created_by=job.created_by_id)
    )
    people = waiting.values("created_by").distinct().count()
    if not people:
        return False
    running = Job.objects.filter(queue=job.queue, kind=job.kind, status=Status.RUNNING)
    longest = running.order_by("claimed_at", "pk").values_list("pk", flat=True)[:people]
    return job.pk in longest
