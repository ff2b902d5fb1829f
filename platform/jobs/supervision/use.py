"""What the attempts of a job have used of the processors and of GPUs."""

import time

from jobs.models import Job
from jobs.services.lease import Used
from jobs.supervision.child import Child


class Use:
    """Adds what this attempt's child uses to what the attempts before it did."""

    def __init__(self, job: Job) -> None:
        self._before = Used(job.processor_seconds, job.gpu_seconds)
        self._child: Child | None = None
        self._gpu_since: float | None = None

    def begin(self, child: Child, *, holds_gpu: bool) -> None:
        """Count what `child` uses from now on; a GPU counts for as long as it is held."""
        self._child = child
        self._gpu_since = time.monotonic() if holds_gpu else None

    def so_far(self) -> Used:
        """Return the sums until now; None where what came before was not measured."""
        processor, gpu = self._before
        if self._child is not None and processor is not None:
            processor += self._child.processor_seconds()
        if self._gpu_since is not None and gpu is not None:
            gpu += time.monotonic() - self._gpu_since
        return Used(processor, gpu)
