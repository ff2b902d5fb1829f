"""An import that several jobs decode, and one of them dies over its chunk."""

import os
import signal
from contextlib import suppress

import psutil

from datasets import kinds
from datasets.models import Image, ImportChunk
from datasets.services.intake.start_import import start_import
from jobs.models import Job, Outcome, Status
from jobs.selectors.jobs import visible_jobs
from tests import factories
from tests.conftest import nothing_is_at_work, wait_until
from tests.datasets.conftest import png, zipped
from tests.jobs.faults.processes import supervisor_of

FILES = 4500


def helper_at_work() -> Job | None:
    return Job.objects.filter(kind=kinds.HELP_IMPORT.name, status=Status.RUNNING).first()


def freeze_over_a_chunk(bench) -> tuple[Job, ImportChunk, list[psutil.Process]]:
    """Pause a helper while it has a chunk at hand."""
    found = []

    def frozen() -> bool:
        helper = helper_at_work()
        if helper is None:
            return False
        processes = psutil.Process(supervisor_of(helper)).children(recursive=True)
        for process in processes:
            process.suspend()
        chunk = ImportChunk.objects.filter(holder=helper, fence=helper.fence, done=False).first()
        if chunk is None:
            for process in processes:
                process.resume()
            return False
        found.append((helper, chunk, processes))
        return True

    bench.wait_for(frozen, 60)
    return found[0]


def test_a_chunk_lost_with_its_worker_is_done_again(bench):
    dataset = factories.make_dataset(user=bench.person)
    content = zipped({f"cat/{n}.png": png(n, (24, 24)) for n in range(FILES)})
    source = start_import(
        user=bench.person, dataset=dataset, archive=[content], archive_name="many.zip"
    )
    helper, _, processes = freeze_over_a_chunk(bench)
    os.kill(supervisor_of(helper), signal.SIGKILL)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    # The import waits for the lease of the chunk's holder, and then does it itself.
    bench.wait(source.job, seconds=120)
    assert source.job.status == Status.SUCCEEDED, source.job.error
    assert Image.objects.filter(dataset=dataset).count() == FILES
    assert helper.attempt_set.get(fence=helper.fence).outcome == Outcome.LOST
    assert not ImportChunk.objects.exists()
    # No job is left in the queue, and people see the import alone.
    helpers = Job.objects.filter(kind=kinds.HELP_IMPORT.name)
    assert not helpers.filter(status=Status.QUEUED).exists()
    assert not (helpers & visible_jobs(bench.person)).exists()
    wait_until(nothing_is_at_work, 120, bench.workers.all_logs)
