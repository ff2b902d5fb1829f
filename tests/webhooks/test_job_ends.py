"""The ends of jobs, told once: those that people started, and failures."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Job
from jobs.services import listeners
from tests.factories import make_user
from tests.webhooks.made import make_endpoint
from webhooks.models import ToldJob, WebhookDelivery
from webhooks.services.job_ends import announce_missed_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    organization = make_user().personal_organization
    make_endpoint(organization, events=["job.succeeded", "job.failed"])
    return organization


def ended(organization, kind: str, status: str, **fields) -> Job:
    return Job.objects.create(
        organization=organization,
        kind=kind,
        queue="io",
        title="Import of birds.zip",
        status=status,
        ended_at=timezone.now() - timedelta(minutes=5),
        **fields,
    )


def told() -> list[dict]:
    rows = WebhookDelivery.objects.order_by("created_at")
    return [json.loads(body) for body in rows.values_list("body", flat=True)]


@pytest.mark.parametrize(
    ("kind", "status", "events"),
    [
        ("import", "succeeded", ["job.succeeded"]),
        ("import", "failed", ["job.failed"]),
        ("import", "cancelled", []),
        # It runs by itself: only its failure is news.
        ("embed_images", "succeeded", []),
        ("embed_images", "failed", ["job.failed"]),
        # Parts of other jobs, and what tells.
        ("help_import", "failed", []),
        ("deliver_webhooks", "failed", []),
        ("try_webhook", "failed", []),
        ("gone", "failed", []),
    ],
)
def test_which_ends_are_told(organization, kind, status, events):
    listeners.tell(ended(organization, kind, status))
    assert [body["type"] for body in told()] == events


def test_what_is_told_of_a_job(organization):
    error = {"code": "bad_data", "title": "T", "detail": "No images. " * 500, "hint": "H"}
    job = ended(organization, "import", "failed", error=error)
    listeners.tell(job)
    [body] = told()
    data = body["data"]
    assert data["subject"]["type"] == "job"
    assert data["subject"]["url"].endswith(f"/jobs/{job.pk}/")
    assert data["job"]["error"]["code"] == "bad_data"
    assert len(data["job"]["error"]["detail"]) == 1000
    assert data["text"].startswith("Import of images “Import of birds.zip” has failed. No images.")


def test_each_end_is_told_once_also_where_a_process_died_before_it_told(organization):
    job = ended(organization, "import", "succeeded")
    announce_missed_jobs()
    announce_missed_jobs()
    listeners.tell(job)
    assert len(told()) == 1
    ToldJob.objects.all().delete()
    WebhookDelivery.objects.all().delete()
    late = ended(organization, "import", "succeeded")
    old = ended(organization, "import", "succeeded")
    ToldJob.objects.create(job=job)
    ToldJob.objects.create(job=old)
    announce_missed_jobs()
    assert [body["data"]["job"]["id"] for body in told()] == [str(late.pk)]
