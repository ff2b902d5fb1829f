"""The Celery tasks. `jobs.run` is the only one that runs jobs; the others are beat's."""

import os
import socket
from typing import Any

from celery import Task, current_app, shared_task, signals

from jobs import kinds
from jobs.services import chores, heartbeat
from jobs.services import reap as reaping
from jobs.services import relay as relaying
from jobs.supervision import shutdown, sweep
from jobs.supervision.supervisor import supervise_next
from jobs.supervision.warm import warm_process


@shared_task(name="jobs.run", bind=True)
def run(self: Task, job_id: str) -> None:
    """Run the next job of the queue that the message came by: it rings, it does not order."""
    queue = str((self.request.delivery_info or {})["routing_key"])
    state = shutdown.Shutdown()
    with state.heeding_signals():
        chores.run_of_machine()
        worker = f"{socket.gethostname()}:{os.getpid()}"
        supervise_next(queue=queue, worker=worker, shutting_down=state.under_way)


@shared_task(name="jobs.relay")
def relay() -> None:
    """Ring for jobs that no worker has heard of, and do the chores that cannot wait."""
    heartbeat.beat()
    relaying.relay()
    chores.run_prompt()


@shared_task(name="jobs.reap")
def reap() -> None:
    """Take jobs from workers that have gone silent."""
    reaping.reap()


@shared_task(name="jobs.tidy")
def tidy() -> None:
    """Remove what ended jobs left, where their workers could not, and do the apps' chores."""
    sweep.sweep()
    chores.run_all()


@signals.worker_shutting_down.connect
def _tell_supervisors(**_: Any) -> None:
    shutdown.begin()


@signals.worker_process_init.connect
def _warm_up(**_: Any) -> None:
    consumed = set(current_app.amqp.queues.consume_from)
    for preload in {kinds.preload_of(kind) for kind in kinds.all_kinds() if kind.queue in consumed}:
        warm_process(preload=preload)
