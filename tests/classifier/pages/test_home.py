"""Home with real rows: pictures, figures, what waits, and few queries."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from classifier.pages.selectors.home import home_of
from jobs.models import Job
from tests import factories
from tests.classifier.trained import end_job

pytestmark = pytest.mark.django_db


def make_result(user, dataset=None):
    """A run that succeeded, its version live, measured on eight test images."""
    version = factories.make_version(dataset, user=user)
    run = factories.make_run(user, version)
    registered = factories.make_model_version(run)
    factories.make_report(registered, right=7, images=8, digest="", job=run.job)
    end_job(run.job)
    return registered


def make_failure(user, version, name: str) -> Job:
    run = factories.make_run(user, version, name=name)
    for status, fence in (("queued", 0), ("running", 1), ("failed", 1)):
        Job.objects.filter(pk=run.job_id).update(
            status=status,
            fence=fence,
            ended_at=timezone.now() if status == "failed" else None,
            error={"code": "out_of_memory", "title": "", "detail": "No memory.", "hint": ""},
        )
    return run.job


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_home_shows_pictures_and_figures(page_client, user):
    registered = make_result(user)
    page = text_of(page_client.get("/"))
    assert page.count("/thumbnail/") == 8
    assert registered.model.name in page
    assert "87.5 %" in page
    assert "right on 8 test images" in page
    assert f'href="/playground/?model={registered.model_id}"' in page
    # One next step, and it is not "Welcome".
    assert page.count("btn-primary") == 1


def test_only_the_newest_version_waits_for_a_run(page_client, user):
    first = factories.make_version(user=user)
    factories.make_images(first.dataset, "cat", 4, start=50)
    second = factories.make_version(first.dataset, user=user)
    titles = [item.title for item in home_of(user).waiting]
    assert titles == [str(second)]


def test_a_failed_job_waits_until_it_is_dismissed(page_client, api, user):
    version = factories.make_version(user=user)
    job = make_failure(user, version, "Too large")
    other = make_failure(user, version, "Too slow")
    page = text_of(page_client.get("/"))
    assert "Training of Too large failed" in page
    assert f'href="/training/{job.training_run.pk}/"' in page
    viewer = Client()
    viewer.force_login(factories.make_member(job.organization, Role.VIEWER))
    assert "No memory." not in text_of(viewer.get("/"))

    answer = page_client.post(f"/jobs/{job.pk}/dismiss/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert "stays in Jobs" in answer["HX-Trigger"]
    assert api.post(f"/api/v1/jobs/{other.pk}/dismiss/").json()["status"] == "failed"
    assert api.post(f"/api/v1/jobs/{other.pk}/dismiss/").status_code == 200
    assert home_of(user).waiting == []
    assert "Too large" in text_of(page_client.get("/jobs/?status=failed"))


def test_only_a_failed_job_can_be_dismissed(api, user):
    run = factories.make_run(user)
    answer = api.post(f"/api/v1/jobs/{run.job_id}/dismiss/")
    assert answer.status_code == 409
    assert "this one is pending" in answer.json()["detail"]


def test_the_queries_do_not_grow_with_what_there_is(page_client, user):
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert page_client.get("/").status_code == 200
        return len(made)

    version = make_result(user).dataset_version
    make_failure(user, version, "One")
    factories.make_version(user=user)
    few = queries()
    for name in ("Two", "Three"):
        make_result(user)
        make_failure(user, version, name)
        factories.make_version(user=user)
        factories.make_images(factories.make_dataset(user=user), "ant", 2)
    assert queries() == few
