"""pending or retry_wait → queued, and the Celery message that rings for it."""

import logging
from collections.abc import Iterable
from uuid import UUID

from celery import current_app
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from kombu.pools import ProducerPool, producers
from redis import RedisError

from jobs.models import Job, Status
from jobs.services.announce import announce

logger = logging.getLogger(__name__)
TASK = "jobs.run"
# A request waits for this; a worker that waits for messages may be patient, a ring may not.
RING_SECONDS = 2.0
PENDING = Q(status=Status.PENDING)
DUE = Q(status=Status.RETRY_WAIT, available_at__lte=Now())


def publish_pending(*, job_id: UUID) -> bool:
    """Queue a pending job and ring for it; return whether it was this call that queued it."""
    return _publish(job_id, PENDING)


def publish_due(*, job_id: UUID) -> bool:
    """Queue a job whose next attempt is due and ring for it; return whether this call did."""
    return _publish(job_id, DUE)


def _publish(job_id: UUID, state: Q) -> bool:
    queued = Job.objects.filter(state, pk=job_id).update(
        status=Status.QUEUED, published_at=Now(), available_at=None
    )
    if queued:
        announce(job_id)
        ring([job_id])
    return bool(queued)


def ring(job_ids: Iterable[UUID]) -> int:
    """Send a message for each job and return how many went out; the relay makes up for the rest."""
    waiting = list(Job.objects.filter(pk__in=list(job_ids)).values_list("pk", "queue"))
    for sent, (job_id, queue) in enumerate(waiting):
        try:
            with _producers().acquire(block=True) as producer:
                current_app.send_task(
                    TASK, args=[str(job_id)], queue=queue, retry=False, producer=producer
                )
        except (OperationalError, RedisError, OSError) as error:
            unsent = [pk for pk, _ in waiting[sent:]]
            logger.warning(
                "%d jobs wait for the relay, Redis does not answer: %s", len(unsent), error
            )
            Job.objects.filter(pk__in=unsent, status=Status.QUEUED).update(published_at=None)
            return sent
    return len(waiting)


def _producers() -> ProducerPool:
    """Return this process's pool of connections that give up soon when Redis hangs."""
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": RING_SECONDS,
        "socket_connect_timeout": RING_SECONDS,
    }
    return producers[current_app.connection_for_write().clone(transport_options=options)]
