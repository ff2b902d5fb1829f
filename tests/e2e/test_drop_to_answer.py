"""From a drop on the list of datasets to the first answer: three clicks, counted in the browser."""

import re

import pytest
from playwright.sync_api import expect

from datasets.models import Dataset
from datasets.services.intake.sample_dataset import digits_archive
from tests import factories
from tests.e2e.first_files import first_files
from tests.frontend.browsing import NARROW, drop

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(280)]

COUNT_CLICKS = """
  addEventListener("click", (event) => {
    if (!event.isTrusted) return;
    sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
  }, { capture: true });
"""


def test_three_clicks_from_the_drop_to_the_first_answer(page, sign_in):
    sign_in(factories.make_user())
    page.context.add_init_script(COUNT_CLICKS)
    page.goto("/datasets/")
    # A few of each class.
    drop(page, {"Digits of 1998.zip": first_files(digits_archive(), 600)})
    page.wait_for_url(re.compile("/datasets/imports/"))
    assert Dataset.objects.get().name == "Digits of 1998"
    expect(page.locator(".first-run")).to_be_visible()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Open the run").click(timeout=90_000)
    page.wait_for_url(re.compile("/training/"))
    page.get_by_role("link", name="Try it").click(timeout=150_000)
    page.wait_for_url(re.compile("/playground/"))
    page.wait_for_selector("html[data-ready]")
    page.locator("[data-sample]").first.click()
    expect(page.locator(".answer-card .bar-list > li").first).to_contain_text(re.compile(r"^\s*\d"))
    assert page.evaluate("sessionStorage.getItem('clicks')") == "3"
