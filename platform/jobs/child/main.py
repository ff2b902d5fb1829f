"""One attempt of one job, in the process made for it."""

import logging
import os
import resource
import signal
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from common.trace import trace_process
from jobs import kinds
from jobs.child.context import BACKGROUND, JobContext
from jobs.child.reporter import Reporter
from jobs.errors import FenceLost, JobFailed, JobStopped, named
from jobs.handlers import handler_of
from jobs.models import Job
from storage import scratch

logger = logging.getLogger(__name__)
# The kernel, short of memory, shall take this process before Postgres or a worker.
OOM_SCORE = "800"


class Pipes(NamedTuple):
    """File descriptors that tie the child to its supervisor."""

    log: int
    report: int
    control: int


def run_attempt(job_id: UUID, fence: int, pipes: Pipes) -> int:
    """Run the handler of the job; return the exit status. The end is told over `pipes.report`."""
    _prefer_to_be_killed()
    reporter = Reporter(job_id, fence, pipes.report)
    job = Job.objects.select_related("organization", "created_by").get(pk=job_id)
    if job.fence != fence:
        return 0
    trace_process(job.trace)
    context = JobContext(job, reporter)
    _listen(context, pipes.control)
    signal.signal(signal.SIGTERM, lambda *_: context.ask_to_stop("stop"))
    reporter.start()
    end = _handle(job, context)
    reporter.close()
    reporter.tell_supervisor(end)
    return 0


def _handle(job: Job, context: JobContext) -> dict[str, Any]:
    try:
        _use_own_temporary_folder(job)
        _limit_memory(kinds.get(job.kind))
        handler_of(job.kind)(context)
        if context.finished:
            return {"end": "finished"}
        if context.parked:
            return {"end": "parked"}
        context.check()
        raise JobFailed("internal", "The work ended without a result.")
    except FenceLost:
        return {"end": "fence_lost"}
    except JobStopped:
        return {"end": "stopped"}
    except BaseException as error:
        if context.finished or context.parked:
            logger.exception("the job had finished or been parked; an error after that")
            return {"end": "finished" if context.finished else "parked"}
        failure = named(error)
        if not isinstance(error, JobFailed):
            traceback.print_exc()
        return {
            "end": "failed",
            "code": failure.code,
            "detail": failure.detail,
            "hint": failure.hint,
            "retry": failure.retry,
        }


def _listen(context: JobContext, control_fd: int) -> None:
    """Take the supervisor's word to stop or to hurry; end at once when the supervisor is gone."""

    def listen() -> None:
        while words := os.read(control_fd, 64):
            for word in words.decode().split():
                if word != "raise":
                    context.ask_to_stop(word)
                    # A process that is to end hurries too: others wait for its place and memory.
                    BACKGROUND.leave()
                elif not BACKGROUND.leave():
                    # The kernel keeps this process where it is: another one goes on, at once.
                    context.ask_to_stop("stop")
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=listen, name="control", daemon=True).start()


def _use_own_temporary_folder(job: Job) -> None:
    """Have temporary files lie where they are removed with the attempt: this process may be killed.

    It always ends without what libraries would do at its exit, TensorFlow's tidying too.
    """
    folder = scratch.temporary_dir(job.pk, job.fence)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(folder)
    # Python keeps the folder that it found first.
    tempfile.tempdir = None


def _limit_memory(kind: kinds.Kind) -> None:
    if kind.memory_limit_bytes is not None:
        limit = kind.memory_limit_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _prefer_to_be_killed() -> None:
    try:
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    except OSError:
        logger.debug("the kernel does not let us choose who is killed first")
