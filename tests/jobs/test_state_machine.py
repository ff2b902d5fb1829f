import itertools

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.models import F
from django.utils import timezone

from jobs.models import TERMINAL, Job, Status
from jobs.services.enqueue import enqueue
from tests.jobs.testkinds import kinds

ALLOWED = {
    ("pending", "queued"), ("pending", "cancelled"),
    ("queued", "running"), ("queued", "cancelled"),
    ("running", "succeeded"), ("running", "failed"), ("running", "cancelled"),
    ("running", "retry_wait"),
    ("retry_wait", "queued"), ("retry_wait", "cancelled"),
}  # fmt: skip
WAY_TO = {
    "pending": [],
    "queued": ["queued"],
    "running": ["queued", "running"],
    "retry_wait": ["queued", "running", "retry_wait"],
    "succeeded": ["queued", "running", "succeeded"],
    "failed": ["queued", "running", "failed"],
    "cancelled": ["cancelled"],
}


@pytest.fixture
def job(user) -> Job:
    return enqueue(
        kind=kinds.STEPS,
        organization=user.personal_organization,
        created_by=user,
        title="A job",
        payload={},
    )


def move(job: Job, status: str) -> None:
    """Write the status past all of our Python."""
    fence = F("fence") + (1 if status == "running" else 0)
    Job.objects.filter(pk=job.pk).update(status=status, fence=fence)


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.permutations(Status.values, 2)), ids=lambda value: value
)
def test_the_database_allows_these_moves_alone(job, before, after):
    for step in WAY_TO[before]:
        move(job, step)
    if (before, after) in ALLOWED:
        move(job, after)
        assert Job.objects.get(pk=job.pk).status == after
    else:
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            move(job, after)
        assert Job.objects.get(pk=job.pk).status == before


@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.parametrize(
    "change",
    [{"result": {"type": "other"}}, {"attempts": 9}, {"ended_at": timezone.now()}, {"fence": 99}],
    ids=lambda change: next(iter(change)),
)
def test_an_end_is_an_end(job, status, change):
    for step in WAY_TO[status]:
        move(job, step)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**change)


def test_a_fence_is_never_used_twice(job):
    for step in ("queued", "running", "retry_wait", "queued"):
        move(job, step)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status="running")
