"""Jobs done in a bench's own process, through the real claim, context and endings."""

import os

from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.handlers import handler_of
from jobs.kinds import Queue
from jobs.models import Job, Status
from jobs.services.claim import claim


def do_all(*, skip: tuple[str, ...] = ("check_quality", "compute_map")) -> list[str]:
    """Do what waits, in the order of the queues; jobs of kinds in `skip` are cancelled."""
    done = []
    while True:
        waiting = Job.objects.filter(status__in=(Status.PENDING, Status.QUEUED))
        waiting.filter(kind__in=skip).update(status=Status.CANCELLED)
        waiting.filter(status=Status.PENDING).update(status=Status.QUEUED)
        jobs = [job for queue in Queue if (job := claim(queue=queue.value, worker="bench"))]
        if not jobs:
            return done
        for job in jobs:
            reporter = Reporter(job.pk, job.fence, os.open(os.devnull, os.O_WRONLY))
            handler_of(job.kind)(JobContext(job, reporter))
            done.append(job.kind)
