"""What is kept for a time and then goes: uploads and checkpoints for a retry, answers to keys."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from jobs import events
from jobs.errors import JobFailed
from jobs.models import IdempotencyKey, Job
from jobs.services.cancel import cancel
from jobs.services.claim import claim
from jobs.services.end_attempt import cancelled, fail
from jobs.services.enqueue import enqueue
from jobs.services.retry import retry
from jobs.supervision import sweep as sweeping
from jobs.supervision.sweep import sweep
from storage import scratch
from tests.jobs.testkinds import kinds, work

__all__ = ["work"]
DAY = timedelta(days=1)


@pytest.fixture
def make_job(user, settings, tmp_path):
    """`make_job(kind)` waits, with an upload and (`run`) a claim and a checkpoint."""
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.JOB_LEASE_SECONDS = 1

    def _make(kind=kinds.STEPS, *, run: bool = True) -> Job:
        upload = tmp_path / f"{Job.objects.count()}.upload"
        upload.touch()
        job = enqueue(
            kind=kind,
            organization=user.personal_organization,
            created_by=user,
            title="A job",
            payload={"upload": str(upload)},
        )
        if run:
            Job.objects.filter(pk=job.pk).update(status="queued")
            job = claim(queue=job.queue, worker="w:1")
            folder = scratch.checkpoint_dir(job.lineage)
            folder.mkdir(parents=True)
            (folder / "step.json").write_text("1")
        return job

    return _make


def fails(job: Job, code: str = "disk_full") -> Job:
    failure = JobFailed(code, "It went wrong.", retry=False)
    assert fail(job_id=job.pk, fence=job.fence, failure=failure)
    return job


def kept(job: Job) -> tuple[bool, bool]:
    """Whether the job's upload is there, and its checkpoint."""
    checkpoint = scratch.checkpoint_dir(job.lineage) / "step.json"
    return Path(job.payload["upload"]).exists(), checkpoint.exists()


def let_pass(time: timedelta) -> None:
    """Move every end into the past, past the trigger that forbids it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE jobs_job DISABLE TRIGGER job_status_guard")
        cursor.execute("UPDATE jobs_job SET ended_at = ended_at - %s", [time])
        cursor.execute("ALTER TABLE jobs_job ENABLE TRIGGER job_status_guard")
    IdempotencyKey.objects.update(created_at=timezone.now() - time)


def test_a_failed_job_can_be_retried_for_seven_days(make_job, api):
    assert settings.JOB_RETRY_WINDOW_SECONDS == 7 * 24 * 3600
    job = fails(make_job())
    let_pass(7 * DAY - timedelta(minutes=1))
    sweep()
    assert kept(job) == (True, True)
    assert api.get(f"/api/v1/jobs/{job.pk}/").json()["can_retry"] is True

    let_pass(timedelta(minutes=2))
    sweep()
    assert kept(job) == (False, False)
    assert api.get(f"/api/v1/jobs/{job.pk}/").json()["can_retry"] is False
    refusal = api.post(f"/api/v1/jobs/{job.pk}/retry/")
    assert (refusal.status_code, "has been removed" in refusal.json()["detail"]) == (409, True)


def test_a_retry_within_the_window_keeps_what_it_works_on(make_job, user):
    job = fails(make_job())
    again = retry(user=user, job=job)
    let_pass(8 * DAY)
    sweep()
    assert kept(job) == (True, True), "the new job has not ended"
    assert again.lineage == job.lineage


def test_bad_data_is_kept_for_nobody(make_job):
    job = fails(make_job(), "bad_data")
    let_pass(timedelta(seconds=5))
    sweep()
    assert kept(job) == (False, False)


@pytest.mark.parametrize(
    ("kind", "stays"), [(kinds.TRAIN_STEPS, True), (kinds.STEPS, False)], ids=["training", "import"]
)
def test_a_cancelled_job_is_kept_if_it_can_be_resumed(make_job, user, kind, stays):
    job = make_job(kind)
    cancel(user=user, job=job)
    assert cancelled(job_id=job.pk, fence=job.fence)
    let_pass(6 * DAY)
    sweep()
    assert kept(job)[1] is stays
    let_pass(2 * DAY)
    sweep()
    assert not kept(job)[1]


def test_many_jobs_that_are_kept_keep_no_other_from_being_tidied(make_job, user, monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 2)
    waiting = [fails(make_job()) for _ in range(3)]
    job = make_job(run=False)
    cancel(user=user, job=job)
    let_pass(timedelta(seconds=5))
    sweep()
    assert kept(job) == (False, False)
    assert all(kept(each) == (True, True) for each in waiting)


def test_a_key_is_forgotten_after_a_day(make_job, api):
    assert settings.IDEMPOTENCY_KEY_SECONDS == 24 * 3600
    first, second = fails(make_job()), fails(make_job())
    key = {"Idempotency-Key": "k"}
    assert api.post(f"/api/v1/jobs/{first.pk}/retry/", headers=key).status_code == 202
    let_pass(DAY - timedelta(minutes=1))
    sweep()
    again = api.post(f"/api/v1/jobs/{first.pk}/retry/", headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert api.post(f"/api/v1/jobs/{second.pk}/retry/", headers=key).status_code == 409
    let_pass(DAY + timedelta(minutes=1))
    sweep()
    assert api.post(f"/api/v1/jobs/{second.pk}/retry/", headers=key).status_code == 202


def test_the_live_stream_is_kept_for_seven_days(make_job):
    job = make_job()
    events.publish(job.pk, [("log", {"message": "one"})])
    left = events.client().ttl(events.stream_key(job.pk))
    assert 7 * 24 * 3600 - 60 < left <= 7 * 24 * 3600
