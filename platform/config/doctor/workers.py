"""Who does the work: workers of each queue, predict workers, the clock, and jobs that stand."""

from collections.abc import Iterator
from datetime import timedelta

import redis
from celery import current_app
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now

from classifier.prediction.serving import mailbox
from config.doctor.finding import Finding, Level
from jobs.kinds import Queue
from jobs.models import Job, Status
from jobs.services.heartbeat import seconds_since_beat

PART = "workers"
ANSWER_SECONDS = 2.0
# The relay and the reaper come round every few seconds; what waits for them for so long, waits.
STANDS = timedelta(seconds=60)
LONG_QUEUED = timedelta(hours=1)
BEAT_QUEUE = "beat"
DOES = {
    Queue.IO: "imports, embeddings, evaluations and exports",
    Queue.TRAIN: "trainings",
    Queue.INSTANT: "instant models",
    Queue.NOTIFY: "webhooks and alerts by mail",
}
START = "`make run` starts it; elsewhere: celery --app config.celery:app"


def look_at_workers() -> Iterator[Finding]:
    """Yield which queues have no worker, and whether the clock comes round."""
    answers = current_app.control.inspect(timeout=ANSWER_SECONDS).active_queues() or {}
    served = {queue["name"] for queues in answers.values() for queue in queues}
    for queue, what in DOES.items():
        if queue.value in served:
            continue
        yield Finding(
            PART,
            Level.FAULT,
            f"No worker of the queue {queue.value} answers within {ANSWER_SECONDS:g} s.",
            f"It does {what}: they wait.",
            f"{START} worker --queues {queue.value}",
        )
    if named := sorted(served & {queue.value for queue in DOES}):
        yield Finding(PART, Level.OK, f"Workers answer for {', '.join(named)}.")
    yield _clock()


def _clock() -> Finding:
    seconds = seconds_since_beat()
    if seconds is not None and seconds < STANDS.total_seconds():
        return Finding(PART, Level.OK, "The clock (Celery beat and its worker) comes round.")
    when = "for more than a day" if seconds is None else f"for {seconds:.0f} s"
    return Finding(
        PART,
        Level.FAULT,
        f"The clock has not come round {when}.",
        "Jobs of dead workers are not taken over, retries do not begin, nothing is tidied up and "
        "predictions are not counted.",
        f"{START} beat, and one worker --queues {BEAT_QUEUE} --pool=solo",
    )


def look_at_predict_workers() -> Iterator[Finding]:
    """Yield whether predictions have a worker."""
    try:
        names = mailbox.workers()
    except redis.RedisError:
        return  # said by the look at Redis
    if names:
        yield Finding(PART, Level.OK, f"Predict workers answer: {', '.join(sorted(names))}.")
        return
    yield Finding(
        PART,
        Level.FAULT,
        "No predict worker answers.",
        "Every prediction ends with 503.",
        "`make run` starts one; elsewhere: python manage.py serve_predictions",
    )


def look_at_jobs() -> Iterator[Finding]:
    """Yield which jobs stand where they should not."""
    before = Now() - STANDS
    standing = {
        "waited for their message": Job.objects.filter(
            status=Status.PENDING, created_at__lt=before
        ),
        "waited for another try that is due": Job.objects.filter(
            status=Status.RETRY_WAIT, available_at__lt=before
        ),
        "waited for a worker that has gone silent": Job.objects.filter(
            status=Status.RUNNING, lease_until__lt=before
        ),
    }
    found = {what: jobs.count() for what, jobs in standing.items()}
    for what, count in found.items():
        if count:
            yield Finding(
                PART,
                Level.FAULT,
                f"{_jobs(count)} {what} for over a minute.",
                "The clock or its worker should have moved them on.",
                f"Start the clock ({START} beat, and one worker --queues {BEAT_QUEUE} "
                "--pool=solo) and look into its log.",
            )
    yield from _long_queued()
    if not any(found.values()):
        yield Finding(PART, Level.OK, "No job is stuck.")


def _long_queued() -> Iterator[Finding]:
    waiting = Job.objects.filter(status=Status.QUEUED, created_at__lt=Now() - LONG_QUEUED)
    running = set(
        Job.objects.filter(status=Status.RUNNING, lease_until__gt=Now()).values_list(
            "queue", flat=True
        )
    )
    for row in waiting.values("queue").annotate(jobs=Count("pk")).order_by("queue"):
        queue = row["queue"]
        if queue not in running:
            yield Finding(
                PART,
                Level.WARNING,
                f"{_jobs(row['jobs'], f' of the queue {queue}')} waited for over an hour, and "
                "none runs.",
                "Its worker is away, busy with something else, or waits for a GPU.",
                f"Look into the log of worker-{queue}; LOUPE_GPUS is "
                f"{settings.GPUS if settings.GPUS is not None else 'unset'}.",
            )


def _jobs(count: int, of: str = "") -> str:
    return f"{count} job{of} has" if count == 1 else f"{count} jobs{of} have"
