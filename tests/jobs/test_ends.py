"""How attempts end, where two things happen at once."""

import pytest

from jobs.models import Job, Outcome, Status
from jobs.services.cancel import cancel
from jobs.services.claim import claim
from jobs.services.end_attempt import give_back
from tests.jobs.test_claim import queued


@pytest.fixture
def running(user) -> Job:
    """A job that a worker has claimed."""
    queued(user)
    return claim(queue="train", worker="w:1")


def test_a_job_cancelled_while_its_worker_shuts_down_does_not_go_back(running, user):
    cancel(user=user, job=running)
    assert give_back(job_id=running.pk, fence=running.fence)
    running.refresh_from_db()
    assert running.status == Status.CANCELLED
    attempt = running.attempt_set.get()
    assert (attempt.outcome, bool(attempt.ended_at)) == (Outcome.CANCELLED, True)
