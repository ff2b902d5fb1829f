"""Which processes a job has, and whether one is gone."""

import psutil


def supervisor_of(job) -> int:
    """The pool process that runs the job."""
    return int(job.attempt_set.get(fence=job.fence).worker.rpartition(":")[2])


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
