"""A new dataset goes on to a version and a run by itself, unless stopped or with a question."""

import pytest

from accounts.models import AuditEntry
from classifier.models import FirstRun, TrainingRun
from classifier.training.services.first_run import advance_missed, images_are_in, on_job_ended
from datasets.models import DatasetVersion, Image, ImageFingerprint, Strategy
from datasets.services.quality.check_quality import start_quality_check
from jobs.models import Job
from tests import factories


@pytest.fixture
def dataset(user):
    return factories.make_dataset(user.personal_organization, user)


def plan(client, dataset):
    answer = client.post(f"/datasets/{dataset.pk}/first-run/")
    assert answer.status_code == 201
    return FirstRun.objects.get(dataset=dataset)


def check_ends(dataset):
    """The comparison ends, as a worker would end it."""
    job = Job.objects.filter(kind="check_quality").latest("created_at")
    if job.status == "pending":
        Job.objects.filter(pk=job.pk).update(status="queued")
    Job.objects.filter(pk=job.pk).update(status="running", fence=1)
    Job.objects.filter(pk=job.pk).update(status="failed")
    job.refresh_from_db()
    on_job_ended(job)


def card(client, dataset):
    return client.get(f"/datasets/{dataset.pk}/first-run/").content.decode()


def test_a_version_and_a_run_follow_when_the_images_are_in_and_compared(page_client, user, dataset):
    planned = plan(page_client, dataset)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 10)
    start_quality_check(user=user, dataset=dataset)
    check_ends(dataset)
    assert not DatasetVersion.objects.exists()  # More may still be uploaded.
    images_are_in(user=user, planned=planned)
    assert not DatasetVersion.objects.exists()  # They are not compared yet.
    assert not Job.objects.filter(kind="check_quality").latest("created_at").in_background
    assert "goes on by itself" in card(page_client, dataset)
    check_ends(dataset)
    run = TrainingRun.objects.get()
    assert (run.preset, run.dataset_version.strategy) == ("cnn_tiny", Strategy.STRATIFIED)
    assert run.created_by == user
    assert f"/training/{run.pk}/" in card(page_client, dataset)
    advance_missed()
    check_ends_again = FirstRun.objects.get()
    assert (check_ends_again.status, TrainingRun.objects.count()) == ("started", 1)
    assert AuditEntry.objects.filter(action="first_run.plan", actor=user).exists()


def test_it_goes_on_where_nobody_heard_the_end(page_client, dataset):
    plan(page_client, dataset)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 10)
    FirstRun.objects.update(ready=True)
    advance_missed()
    assert TrainingRun.objects.count() == 1


def test_a_check_that_it_waits_for_is_not_left_in_the_background(page_client, user, dataset):
    plan(page_client, dataset)
    FirstRun.objects.update(ready=True)
    check = start_quality_check(user=user, dataset=dataset)
    assert check.in_background
    advance_missed()
    check.refresh_from_db()
    assert not check.in_background


def test_it_is_stopped_and_goes_on_after_all(page_client, dataset):
    plan(page_client, dataset)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 10)
    FirstRun.objects.update(ready=True)
    answer = page_client.post(f"/datasets/{dataset.pk}/first-run/stop/")
    assert "Nothing goes on by itself" in answer.content.decode()
    advance_missed()
    assert not TrainingRun.objects.exists()
    page_client.post(f"/datasets/{dataset.pk}/first-run/go-on/")
    assert TrainingRun.objects.count() == 1
    page_client.post(f"/datasets/{dataset.pk}/first-run/stop/")
    assert FirstRun.objects.get().status == "started"


def test_copies_across_the_folders_of_the_archive_are_a_question(page_client, dataset):
    plan(page_client, dataset)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 10, split="train")
        factories.make_images(dataset, name, 4, split="test", start=20)
    one = Image.objects.filter(split="train").first()
    two = Image.objects.filter(split="test").first()
    for image in Image.objects.all():
        group = one.pk if image == two else image.pk
        measured = {
            "brightness": 0,
            "contrast": 0,
            "sharpness": 0,
            "thumbnail": b"",
            "colours": b"",
        }
        ImageFingerprint.objects.update_or_create(
            image=image, defaults={"group": group, **measured}
        )
    FirstRun.objects.update(ready=True)
    advance_missed()
    shown = card(page_client, dataset)
    assert "1 picture stands in more than one of the folders" in shown
    assert not DatasetVersion.objects.exists()


def test_what_cannot_be_frozen_is_said(page_client, dataset):
    plan(page_client, dataset)
    factories.make_images(dataset, "cat", 10)
    FirstRun.objects.update(ready=True)
    advance_missed()
    assert FirstRun.objects.get().status == "asking"
    assert "Telling classes apart needs at least two of them" in card(page_client, dataset)
    factories.make_images(dataset, "dog", 10)
    page_client.post(f"/datasets/{dataset.pk}/first-run/go-on/")
    assert TrainingRun.objects.count() == 1
