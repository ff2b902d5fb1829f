"""Rings again for new and due jobs without a worker, and for messages that Redis has lost."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Now

from jobs import events
from jobs.models import Job, Status
from jobs.services.publish import DUE, PENDING, publish_due, publish_pending, ring

logger = logging.getLogger(__name__)
BATCH = 500
# A web process rings right after its commit; the relay only makes up for one that died.
PENDING_GRACE = timedelta(seconds=2)


def relay() -> int:
    """Queue what is pending or due and ring where messages are missing; return how many rang."""
    pending = Job.objects.filter(PENDING, created_at__lte=Now() - PENDING_GRACE)
    due = Job.objects.filter(DUE)
    rang = sum(publish_pending(job_id=pk) for pk in pending.values_list("pk", flat=True)[:BATCH])
    rang += sum(publish_due(job_id=pk) for pk in due.values_list("pk", flat=True)[:BATCH])
    queues = Job.objects.filter(status=Status.QUEUED).values("queue").annotate(jobs=Count("pk"))
    return rang + sum(_ring_again(row["queue"], row["jobs"]) for row in queues)


def _ring_again(queue: str, queued: int) -> int:
    """Ring for jobs that no worker claimed in time, but never have more messages than jobs.

    Any message makes a worker claim the next job in turn, so only their number matters.
    """
    missing = queued - events.client().llen(queue)
    if missing <= 0:
        return 0
    unheard = Job.objects.filter(
        Q(published_at=None)
        | Q(published_at__lt=Now() - timedelta(seconds=settings.JOB_REPUBLISH_SECONDS)),
        status=Status.QUEUED,
        queue=queue,
    ).order_by("-priority", "created_at")
    chosen = list(unheard.values_list("pk", flat=True)[: min(missing, BATCH)])
    if not chosen:
        return 0
    Job.objects.filter(pk__in=chosen, status=Status.QUEUED).update(published_at=Now())
    logger.info("ringing again for %d jobs in queue %s", len(chosen), queue)
    return ring(chosen)
