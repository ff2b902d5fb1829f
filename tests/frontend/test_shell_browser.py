"""What every page of the platform does for its reader: a real browser on the running platform."""

import re

import pytest
from django.db.models.functions import Now
from playwright.sync_api import expect

from accounts.models import APIToken
from datasets.models import ClassLabel
from jobs.models import Job
from tests import factories
from tests.frontend.browsing import sign_in_as, wait_until

pytestmark = pytest.mark.browser

SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def dataset(stack):
    dataset = factories.make_dataset(user=factories.make_user())
    factories.make_images(dataset, "cat", 60)
    return dataset


def end_session(page) -> None:
    """As after two weeks, or after signing out in another tab."""
    page.context.clear_cookies(name="sessionid")


def sign_in_again(page, user) -> None:
    page.fill("input[name=login]", user.username)
    page.fill("input[name=password]", factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_form_outlives_its_session(page, sign_in, dataset):
    user, label = dataset.created_by, ClassLabel.objects.get()
    sign_in(user)
    page.goto(f"/datasets/classes/{label.pk}/")
    page.wait_for_selector("html[data-ready]")
    name = page.get_by_label("New name")
    name.fill("tabby")
    end_session(page)
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("You were signed out, so nothing was sent")).to_be_visible()
    sign_in_again(page, user)
    page.wait_for_url(re.compile(f"/classes/{label.pk}/$"))
    expect(page.locator("#toasts")).to_contain_text("filled in as it was")
    expect(name).to_have_value("tabby")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="tabby").first).to_be_visible()
    assert ClassLabel.objects.get().name == "tabby"
    # Signed in again in another tab: this page's form is too old, and comes back filled in too.
    page.goto("/datasets/new/")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Name", exact=True).fill("Birds of June")
    page.context.clear_cookies(name="csrftoken")
    page.locator("main form").get_by_role("button").last.click()
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Birds of June")
    # A script of a page says so, with the way back, once.
    page.goto(f"/datasets/{dataset.pk}/")
    page.wait_for_selector("html[data-ready]")
    page.locator(".tile-check").first.check()
    end_session(page)
    page.get_by_role("button", name="Leave out").click()
    said = page.locator(".lp-toast", has_text="You are signed out")
    expect(said).to_have_count(1)
    expect(said.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", f"/accounts/login/?next=%2Fdatasets%2F{dataset.pk}%2F"
    )


def test_reloading_makes_no_second_token_and_shows_none_again(page, dataset):
    page.goto("/accounts/login/")
    sign_in_as(page, dataset.created_by)
    page.goto("/tokens/")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Name", exact=True).fill("camera")
    page.get_by_role("button", name="Make token").click()
    # It is long since the person signed in: they confirm who they are, and the token is made.
    page.fill("input[name=password]", factories.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#new-token")).to_contain_text("loupe_")
    page.get_by_label("Name", exact=True).fill("robot")
    page.get_by_role("button", name="Make token").dblclick()
    secret = page.locator("#new-token")
    expect(page.get_by_role("heading", name="“robot” is ready")).to_be_visible()
    page.reload()
    expect(page.get_by_role("rowheader", name="robot")).to_have_count(1)
    expect(secret).to_have_count(0)
    page.goto("/datasets/")
    page.go_back()
    expect(page.get_by_role("heading", name="API tokens", level=1)).to_be_visible()
    expect(secret).to_have_count(0)
    assert sorted(APIToken.objects.values_list("name", flat=True)) == ["camera", "robot"]


def test_the_end_of_a_job_is_told_on_any_page_once(page, sign_in, dataset):
    user = dataset.created_by
    sign_in(user)
    page.goto("/datasets/")
    job = Job.objects.create(
        kind="check_quality",
        queue="nobody",
        organization=user.personal_organization,
        created_by=user,
        title="Quality check of Birds",
        payload={"dataset": str(dataset.pk)},
    )
    other = page.context.new_page()
    other.goto("/models/")
    Job.objects.filter(pk=job.pk).update(status="queued")
    Job.objects.filter(pk=job.pk).update(status="running", fence=1)
    failed = {"status": "failed", "ended_at": Now(), "error": {"detail": "The disk is full."}}
    expect(page.locator("#jobs-count")).to_have_text("1")
    Job.objects.filter(pk=job.pk).update(**failed)
    said = "Failed: Quality check of Birds. The disk is full."
    toasts = [tab.locator(".lp-toast", has_text=said) for tab in (page, other)]
    for tab in (page, other, page, other):
        tab.wait_for_event("response", lambda answer: "/jobs/news/" in answer.url)
    assert sum(toast.count() for toast in toasts) == 1
    page.goto("/models/")
    page.wait_for_selector("html[data-ready]")
    expect(toasts[0]).to_have_count(0)


def test_a_remembered_size_of_thumbnails_moves_nothing(page, sign_in, dataset):
    sign_in(dataset.created_by)
    page.goto(f"/datasets/{dataset.pk}/")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Size of the thumbnails").fill("256")
    page.context.add_init_script(SHIFTS)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.get_by_label("Size of the thumbnails")).to_have_value("256")
    wait_until(page, "document.querySelector('.tile img').complete")
    page.wait_for_timeout(300)
    assert page.locator(".tile").first.evaluate("(tile) => tile.clientWidth") >= 240
    assert page.evaluate("window.shifted") <= 0.05
