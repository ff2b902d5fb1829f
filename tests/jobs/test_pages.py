"""The pages about jobs in a real browser."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from playwright.sync_api import expect

from jobs import events
from jobs.errors import JobFailed
from jobs.models import Job, Outcome
from jobs.services.announce import announce
from jobs.services.claim import claim
from jobs.services.end_attempt import Log, cancelled, fail

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SCREENSHOTS")


def new(person, title: str) -> Job:
    """A queued training in a queue that no worker of the platform serves."""
    job = Job.objects.create(
        kind="train",
        queue="nobody",
        organization=person.personal_organization,
        created_by=person,
        title=title,
    )
    Job.objects.filter(pk=job.pk).update(status="queued")
    job.refresh_from_db()
    return job


def take(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(priority=100)
    claimed = claim(queue="nobody", worker="gpu-1:4711")
    assert claimed == job
    Job.objects.filter(pk=job.pk).update(priority=0)
    return claimed


@pytest.fixture
def history(stack, user) -> dict[str, Job]:
    """A job of each sort."""
    names = ["queued", "running", "retry", "failed", "succeeded", "cancelled"]
    titles = ["Digits, cnn_tiny", "Animals, mobilenet_v2", "CIFAR-10, cnn_tiny",
              "Animals, cnn_small", "Digits, baseline", "Flowers, cnn_small"]  # fmt: skip
    jobs = {name: new(user, title) for name, title in zip(names, titles, strict=True)}
    running = take(jobs["running"])
    Job.objects.filter(pk=running.pk).update(
        progress={"done": 7, "total": 30, "unit": "epochs", "message": "Training",
                  "eta_seconds": 95.0, "rate": 812.4}
    )  # fmt: skip
    retry = take(jobs["retry"])
    lost = JobFailed("lost", "The worker went silent: it was killed, or lost its network.")
    fail(
        job_id=retry.pk,
        fence=1,
        failure=lost,
        outcome=Outcome.LOST,
        log=Log(public="epoch 3\nepoch 4"),
    )
    # However slow this machine is, its next attempt is still to come.
    Job.objects.filter(pk=retry.pk).update(available_at=timezone.now() + timedelta(minutes=30))
    failed = take(jobs["failed"])
    failure = JobFailed("weights_unavailable", "mobilenet_v2.h5 was not found.")
    fail(
        job_id=failed.pk,
        fence=1,
        failure=failure,
        log=Log("Traceback: /srv/secret", "Looking for weights…\nNot found."),
    )
    done = take(jobs["succeeded"])
    Job.objects.filter(pk=done.pk).update(
        status="succeeded",
        ended_at=Now(),
        lease_until=None,
        result={"type": "test", "id": "1"},
        progress={"done": 20, "total": 20, "unit": "epochs", "message": "Done"},
    )
    done.attempt_set.update(outcome="succeeded", ended_at=Now())
    cancelled(job_id=take(jobs["cancelled"]).pk, fence=1)
    return jobs


def shoot(page, name: str) -> None:
    """Keep a picture for human eyes when SCREENSHOTS names a folder."""
    if SHOTS:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(400)
                path = Path(SHOTS) / f"{name}-{scheme}-{width}.png"
                page.screenshot(path=path, full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


def test_an_empty_list_says_what_will_be_here(page, sign_in, user):
    sign_in(user)
    page.goto("/jobs/")
    assert "No jobs yet" in page.text_content("main")
    shoot(page, "empty")


def test_the_list_tells_how_each_job_stands(page, sign_in, user, history):
    sign_in(user)
    page.goto("/jobs/")
    text = " ".join(page.text_content("main").split())
    for words in (
        "1 running, 2 waiting",
        "Next in the queue",
        "7 of 30 epochs",
        "The worker was lost; next attempt",
        "Pretrained weights cannot be used",
    ):
        assert words in text
    shoot(page, "list")
    page.click("text=Failed 1")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("status=failed"))
    expect(page.locator("#jobs-count")).to_have_text("3")


def test_the_list_moves_without_a_reload(page, sign_in, user, history):
    sign_in(user)
    page.goto("/jobs/")
    Job.objects.filter(pk=history["running"].pk).update(
        progress={"done": 8, "total": 30, "unit": "epochs", "message": "Training"}
    )
    expect(page.locator("#jobs-table")).to_contain_text("8 of 30 epochs")


def test_a_failed_job_tells_why_and_is_retried(page, sign_in, user, history):
    sign_in(user)
    page.goto(f"/jobs/{history['failed'].pk}/")
    text = page.text_content("main")
    assert "mobilenet_v2.h5 was not found." in text
    assert "LOUPE_WEIGHTS_DIR" in text
    page.click("text=End of its log")
    expect(page.locator("#job-story pre:has-text('Looking for weights')")).to_be_visible()
    assert "/srv/secret" not in page.content()
    shoot(page, "failed")
    page.click("#job-story button:has-text('Retry')")
    page.wait_for_url(lambda url: str(history["failed"].pk) not in url)
    again = Job.objects.get(retry_of=history["failed"])
    assert str(again.pk) in page.url


def test_a_running_job_is_live_to_its_end(page, sign_in, user, history):
    job = history["running"]
    sign_in(user)
    page.goto(f"/jobs/{job.pk}/")
    events.publish(job.pk, [
        ("progress", {"done": 9, "total": 30, "unit": "epochs", "message": "Training"}),
        ("log", {"message": "epoch 9: val_accuracy 0.912"}),
    ])  # fmt: skip
    expect(page.locator("main [data-job=figures]")).to_contain_text("9 of 30 epochs")
    shoot(page, "running")
    page.click("[data-job=cancel]")
    expect(page.locator("main [data-job=message]")).to_contain_text("Cancelling")
    cancelled(job_id=job.pk, fence=1, log=Log(public="told to stop"))
    page.wait_for_selector("job-progress[status=cancelled]")
    assert page.locator("main progress[data-job=bar]").evaluate("(bar) => bar.position") == 0.3
    expect(page.locator("#job-story button")).to_have_text("Resume")


def test_waiting_jobs_tell_their_place_and_next_attempt(page, sign_in, user, history):
    sign_in(user)
    page.goto(f"/jobs/{history['retry'].pk}/")
    text = " ".join(page.text_content("main").split())
    assert "Next attempt" in text
    assert "The worker went silent" in text
    shoot(page, "retry")
    page.goto(f"/jobs/{history['queued'].pk}/")
    assert "No worker has taken this job yet" in page.text_content("main")
    announce(history["queued"].pk)
    shoot(page, "queued")


def test_who_signed_out_elsewhere_is_told_and_keeps_the_page(page, sign_in, user, history):
    sign_in(user)
    page.goto("/jobs/")
    page.wait_for_selector("html[data-ready]")
    page.context.clear_cookies()
    told = page.locator("#toasts .lp-toast")
    expect(told).to_contain_text("You are signed out")
    expect(told.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", "/accounts/login/?next=%2Fjobs%2F"
    )
    expect(page.locator("#jobs-table tbody tr")).to_have_count(6)
    expect(page.locator("#jobs-count")).to_have_text("3")
