"""What a job's attempts have used of the processors, whatever became of them."""

import os
import signal
import subprocess
import sys

import pytest

from jobs.models import Job
from jobs.services.retry import go_on
from jobs.supervision.child import Child
from jobs.supervision.supervisor import Supervisor
from jobs.supervision.use import Use
from tests.conftest import wait_until

BUSY = "import time\nwhile time.process_time() < 0.4: pass\nimport sys; sys.stdin.read()"


@pytest.fixture
def busy():
    """A child that has worked for 0.4 seconds and now waits; and what ends it."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY], start_new_session=True, stdin=subprocess.PIPE
    )
    child = Child(lambda _: process.poll())
    child.pid = process.pid
    child.close_far_ends()
    yield child
    process.kill()
    process.wait()
    child.close()


def test_an_attempt_adds_to_the_ones_before_it_and_its_death_takes_nothing(running, busy):
    running.processor_seconds, running.gpu_seconds = 10.0, 20.0
    use = Use(running)
    assert use.so_far() == (10, 20)
    use.begin(busy, holds_gpu=True)
    wait_until(lambda: use.so_far().processor_seconds >= 10.35, 30)
    os.kill(busy.pid, signal.SIGKILL)
    wait_until(lambda: busy.poll() is not None, 30)
    processor, gpu = use.so_far()
    assert 10.35 <= processor < 12
    assert 20 < gpu < 60


def test_what_was_not_measured_stays_unknown(running, busy):
    running.processor_seconds = running.gpu_seconds = None
    use = Use(running)
    use.begin(busy, holds_gpu=True)
    assert use.so_far() == (None, None)


@pytest.mark.django_db
def test_a_retry_goes_on_counting(user, running):
    Job.objects.filter(pk=running.pk).update(
        status="failed", processor_seconds=7.5, gpu_seconds=0.5
    )
    running.refresh_from_db()
    again = go_on(user=user, job=running)
    again.refresh_from_db()
    assert (again.processor_seconds, again.gpu_seconds) == (7.5, 0.5)


@pytest.mark.django_db
def test_a_failed_attempt_leaves_its_time_with_the_job(user, running):
    Job.objects.filter(pk=running.pk).update(kind="of_a_later_loupe", processor_seconds=2.0)
    running.refresh_from_db()
    assert Supervisor(running, lambda: False).run().name == "failed"
    running.refresh_from_db()
    assert (running.status, running.processor_seconds) == ("retry_wait", 2.0)
