import uuid

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from jobs.errors import OF_THE_INSTALLATION, JobFailed
from jobs.models import DeletedFigures, Job, JobAttempt, Outcome
from jobs.selectors.figures import figures
from jobs.services import figures as kept
from jobs.services.claim import claim
from jobs.services.end_attempt import fail
from jobs.services.forget import forget
from tests import factories
from tests.jobs.conftest import queued


@pytest.fixture
def history(db):
    """One job that waits, one that runs, one that failed, one whose worker was lost."""
    person = factories.make_user()
    queued(person, 4)
    failed = claim(queue="train", worker="w:1")
    fail(job_id=failed.pk, fence=1, failure=JobFailed("bad_data", "Bad."))
    lost = claim(queue="train", worker="w:1")
    fail(job_id=lost.pk, fence=1, failure=JobFailed("lost", "Gone."), outcome=Outcome.LOST)
    claim(queue="train", worker="w:1")
    done = claim(queue="train", worker="w:1")
    Job.objects.filter(pk=done.pk).update(
        status="succeeded", ended_at=done.started_at, result={"type": "t", "id": "1"}
    )
    queued(person, 1)


class Reading:
    """What a scrape told."""

    def __init__(self, text: str) -> None:
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self._samples[f"loupe_jobs_{name}", frozenset(labels.items())]


def test_the_figures_are_the_databases(client, settings, history):
    settings.METRICS_TOKEN = "scrape"
    answer = client.get("/metrics", headers={"Authorization": "Bearer scrape"})
    assert answer.status_code == 200
    told = Reading(answer.content.decode())
    kind = "test_train_steps"
    assert told("waiting", queue="train", status="queued") == 1
    assert told("waiting", queue="train", status="retry_wait") == 1
    assert 0 <= told("oldest_waiting_seconds", queue="train", status="queued") < 60
    assert told("running", queue="train", kind=kind) == 1
    assert 0 <= told("lease_age_seconds", queue="train", kind=kind) < 60
    assert told("failures_total", kind=kind, code="bad_data") == 1
    assert told("ended_total", kind=kind, status="succeeded") == 1
    assert told("attempts_total", kind=kind, outcome="lost") == 1
    assert told("reaped_total") == 1
    assert told("duration_seconds_count", kind=kind) == 1
    assert told("duration_seconds_bucket", kind=kind, le="1") == 1


def test_where_all_jobs_of_a_kind_are_parked_metrics_are_told(operator, history):
    """A parked job runs without a lease, in no worker's hands: it is no sign of a worker."""
    Job.objects.filter(status="running").update(lease_until=None)
    told = Reading(operator.get("/metrics").content.decode())
    assert told("parked", queue="train", kind="test_train_steps") == 1
    for name in ("running", "lease_age_seconds"):
        with pytest.raises(KeyError):
            told(name, queue="train", kind="test_train_steps")
    assert "Waiting for other jobs" in operator.get("/admin/jobs/job/figures/").content.decode()


def test_what_is_deleted_stays_counted(history, monkeypatch):
    """Prometheus would take a count that falls for a restart, and add all of it."""

    def counted():
        now = figures()
        assert now.reaped == 1
        return (
            now.ended_by_kind_status,
            now.failures_by_kind_code,
            now.attempts_by_kind_outcome,
            now.attempt_failures_by_kind_code,
            now.durations_by_kind,
        )

    before = counted()
    assert all(before)
    person = Job.objects.get(status="succeeded").created_by
    forget(lineages=[Job.objects.get(status="failed").lineage])
    assert counted() == before
    # As an operator deletes a whole organization.
    Job.objects.filter(organization=person.personal_organization).delete()
    assert not JobAttempt.objects.exists()
    assert counted() == before
    monkeypatch.setattr(kept, "_MANY", 0)
    rows = DeletedFigures.objects.count()
    DeletedFigures.objects.bulk_create([*_copies(1), *_copies(-1)])
    kept.fold.__wrapped__()
    assert DeletedFigures.objects.count() <= rows
    assert counted() == before


def _copies(sign: int) -> list[DeletedFigures]:
    return [
        DeletedFigures(
            is_attempt=row.is_attempt, kind=row.kind, outcome=row.outcome, code=row.code,
            bucket=row.bucket, count=sign * row.count, seconds=sign * row.seconds,
        )
        for row in DeletedFigures.objects.all()
    ]  # fmt: skip


def test_jobs_that_come_in_an_archive_are_not_counted(history):
    before = figures().ended_by_kind_status
    done = Job.objects.get(status="succeeded")
    done.pk = done.lineage = uuid.uuid4()
    done.save(force_insert=True)
    assert figures().ended_by_kind_status != before
    kept.leave_out(job_ids=[done.pk])
    assert figures().ended_by_kind_status == before
    done.delete()
    assert figures().ended_by_kind_status == before


def test_failures_that_alerts_ask_for_are_told_before_the_first(operator, db):
    told = Reading(operator.get("/metrics").content.decode())
    for code in OF_THE_INSTALLATION:
        assert told("failures_total", kind="test_train_steps", code=code) == 0


def test_strangers_read_no_metrics(client, settings, user):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    client.force_login(user)
    assert client.get("/metrics").status_code == 401


@pytest.fixture
def operator(user) -> Client:
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def test_operators_see_the_same_in_the_admin(operator, history):
    assert operator.get("/metrics").status_code == 200
    page = operator.get("/admin/jobs/job/figures/").content.decode()
    assert "bad_data" in page
    assert "test_train_steps" in page


def test_an_operator_reorders_the_queue_and_changes_nothing_else(operator, history):
    job = Job.objects.get(status="queued")
    url = f"/admin/jobs/job/{job.pk}/change/"
    assert operator.get(url).status_code == 200
    form = {"priority": "7", "status": "succeeded", "title": "other",
            "attempt_set-TOTAL_FORMS": "0", "attempt_set-INITIAL_FORMS": "0"}  # fmt: skip
    assert operator.post(url, form).status_code == 302
    after = Job.objects.get(pk=job.pk)
    assert (after.priority, after.status, after.title) == (7, "queued", job.title)
    operator.post(
        "/admin/jobs/job/", {"action": "move_to_front", "_selected_action": [str(job.pk)]}
    )
    assert Job.objects.get(pk=job.pk).priority == 10
    assert operator.post(f"/admin/jobs/job/{job.pk}/delete/").status_code == 403
