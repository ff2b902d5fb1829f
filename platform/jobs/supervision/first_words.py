"""What a job says before its own process can speak."""

import logging

from django.db import Error as DatabaseError
from django.db import connection

from jobs import events
from jobs.models import NO_PROGRESS, Job
from jobs.services.lease import save_progress

logger = logging.getLogger(__name__)
STARTING = "Starting a process"
WAITING_FOR_GPU = "Waiting for a GPU"


def say_starting(job: Job, *, loads: str) -> None:
    """Say that a process starts, and what it must load first, if anything."""
    say(job, f"Loading {loads}, once for this worker" if loads else STARTING)


def say(job: Job, message: str) -> None:
    """Tell the live page and Postgres what the job waits for."""
    progress = {**NO_PROGRESS, "message": message}
    events.publish(job.pk, [("progress", progress)])
    try:
        save_progress(job_id=job.pk, fence=job.fence, progress=progress)
    except DatabaseError as error:
        # The work goes on; its own progress follows.
        logger.warning("progress is not stored, Postgres does not answer: %s", error)
        connection.close()
