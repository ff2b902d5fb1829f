"""An import that asks, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from datasets.models import Image
from tests import factories
from tests.datasets.conftest import png, zipped
from tests.frontend.browsing import NARROW, axe_faults, drop

pytestmark = pytest.mark.browser


def test_an_archive_with_two_readings_is_asked_about(page, sign_in):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person, name="Colours")
    sign_in(person)
    page.goto(f"/datasets/{dataset.pk}/")
    files = {
        f"{split}_set/{name}/{n}.png": png(100 * i + 10 * j + n, (40, 30))
        for i, split in enumerate(("training", "test"))
        for j, name in enumerate(("red", "green"))
        for n in range(4)
    }
    drop(page, {"colours.zip": zipped(files)})
    page.wait_for_url(re.compile("/datasets/imports/"))
    question = page.get_by_role("heading", name="How should Loupe read this archive?")
    question.wait_for(timeout=60_000)
    expect(page.get_by_text("Needs your answer").first).to_be_visible()
    expect(page.locator("#import-progress").get_by_text("Failed")).to_have_count(0)
    expect(page.locator(".reading")).to_have_count(2)
    images = "[...document.querySelectorAll('.reading img')]"
    loaded = f"() => {images}.every((i) => i.complete && i.naturalWidth)"
    page.wait_for_function(loaded)
    assert page.locator(".reading img").count() == 4
    assert axe_faults(page) == []
    page.goto("/")
    waiting = page.get_by_role("link", name="Choose: colours.zip needs your answer")
    waiting.click()
    question.wait_for()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert axe_faults(page) == []
    # Nothing is chosen beforehand, and nothing goes off without a choice.
    page.get_by_role("button", name="Import like this").click()
    expect(question).to_be_visible()
    page.get_by_label(re.compile("Splits train, test with classes")).check()
    page.get_by_role("button", name="Import like this").click()
    expect(page.get_by_text("Every file of the archive became an image.")).to_be_visible(
        timeout=60_000
    )
    expect(page.locator("#import-progress")).to_contain_text("Read as: Splits train, test")
    assert set(Image.objects.values_list("split", "class_label__name")) == {
        (split, name) for split in ("train", "test") for name in ("red", "green")
    }


def test_classes_are_renamed_and_left_out_before_a_clear_zip_is_imported(page, sign_in):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person, name="Fish")
    sign_in(person)
    page.goto(f"/datasets/{dataset.pk}/")
    page.get_by_label("Before importing a zip, show me how it is read").check()
    names = ("n01", "n02", "n03")
    files = {f"{name}/{n}.png": png(10 * i + n) for i, name in enumerate(names) for n in range(2)}
    drop(page, {"fish.zip": zipped(files)})
    page.wait_for_url(re.compile("/datasets/imports/"))
    edits = page.get_by_text("Rename, merge or leave out classes")
    edits.click(timeout=60_000)
    assert axe_faults(page) == []
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    page.get_by_label("What n01 is called in Loupe").fill("Tench")
    page.get_by_label("What n02 is called in Loupe").fill("Tench")
    page.get_by_label("Leave n03 out").check()
    page.get_by_role("button", name="Import like this").click()
    expect(page.locator("#import-progress")).to_contain_text("Classes Tench", timeout=60_000)
    expect(page.get_by_text("The class “n03” was left out.").first).to_be_visible()
    assert set(Image.objects.values_list("class_label__name", flat=True)) == {"Tench"}
