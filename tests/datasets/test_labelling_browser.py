"""Labelling by keys and many at once, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from accounts.roles import Role
from datasets.models import Image
from datasets.services.labelling.annotate import annotate
from tests import factories
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(stack):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person, name="Pets")
    factories.make_images(dataset, "cat", 2)
    factories.make_images(dataset, "dog", 2)
    factories.make_images(dataset, "", 5)
    return dataset


def opened(page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")


def class_of(name: str) -> str | None:
    label = Image.objects.select_related("class_label").get(name=name).class_label
    return label.name if label else None


def saved(page, name: str, class_name: str | None) -> None:
    """Wait until the server has heard of it: labels travel behind the scenes."""
    for _ in range(300):
        if class_of(name) == class_name:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{name} is {class_of(name)}, not {class_name}")


def test_keys_label_the_next_image_comes_and_undo_goes_back(page, sign_in, dataset):
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/")
    page.get_by_role("link", name="Label", exact=True).click()
    page.wait_for_url(re.compile("/label/"))
    picture, left = page.locator(".label-stage img"), page.locator("[data-left]")
    expect(picture).to_have_attribute("alt", "image-4.png")
    expect(left).to_have_text("5 of 5 left")
    page.keyboard.press("1")
    expect(picture).to_have_attribute("alt", "image-3.png")
    page.keyboard.press("2")
    page.keyboard.press("x")
    page.keyboard.press("s")
    expect(picture).to_have_attribute("alt", "image-0.png")
    expect(left).to_have_text("2 of 5 left")
    page.keyboard.press("/")
    page.keyboard.type("Owl")
    page.keyboard.press("Enter")
    saved(page, "image-0.png", "Owl")
    assert (class_of("image-4.png"), class_of("image-3.png")) == ("cat", "dog")
    assert Image.objects.get(name="image-2.png").excluded_at
    expect(page.locator(".label-stage")).to_contain_text("1 skipped")
    for _ in range(3):
        page.keyboard.press("u")
    expect(picture).to_have_attribute("alt", "image-3.png")
    expect(page.get_by_role("button", name="dog", pressed=True)).to_have_count(0)
    saved(page, "image-3.png", None)
    saved(page, "image-0.png", None)
    assert Image.objects.get(name="image-2.png").excluded_at is None
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert axe_faults(page) == []


def test_a_class_named_after_a_key_has_that_key(page, sign_in, dataset):
    factories.make_images(dataset, "1", 1)
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/label/")
    picture = page.locator(".label-stage img")
    expect(picture).to_have_attribute("alt", "image-4.png")
    page.keyboard.press("1")
    expect(picture).to_have_attribute("alt", "image-3.png")
    page.keyboard.press("2")
    saved(page, "image-4.png", "1")
    saved(page, "image-3.png", "cat")


def test_whoever_is_slower_is_told_and_may_insist(page, sign_in, dataset):
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/label/")
    expect(page.locator(".label-stage img")).to_have_attribute("alt", "image-4.png")
    ann = factories.make_member(dataset.organization, Role.EDITOR)
    image = Image.objects.get(name="image-4.png")
    annotate(user=ann, dataset=dataset, class_names={image.pk: "dog"})
    page.keyboard.press("1")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(f"{ann.username} gave image-4.png the class dog before you")
    assert class_of("image-4.png") == "dog"
    page.keyboard.press("o")
    expect(notice).to_have_count(0)
    saved(page, "image-4.png", "cat")


def test_without_a_connection_little_waits_and_nothing_is_lost(page, sign_in, dataset):
    factories.make_images(dataset, "", 4, start=10)
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/label/")
    picture = page.locator(".label-stage img")
    expect(picture).to_have_attribute("alt", "image-13.png")
    page.context.set_offline(True)
    for _ in range(8):
        page.keyboard.press("1")
    expect(page.locator("[data-unsaved]")).to_contain_text("5 not saved yet")
    expect(page.locator("[data-left]")).to_have_text("4 of 9 left")
    page.context.set_offline(False)
    saved(page, "image-4.png", "cat")
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    assert Image.objects.filter(class_label__name="cat").count() == 2 + 5


def test_many_are_relabelled_and_it_is_undone(page, sign_in, dataset):
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/")
    page.locator(".tile-check").nth(0).check()
    page.locator(".tile-check").nth(2).click(modifiers=["Shift"])
    expect(page.locator("[data-selection-count]")).to_have_text("3 selected")
    page.get_by_label("Class for the selected images").fill("owl")
    page.get_by_role("button", name="Relabel").click()
    expect(page.locator("#toasts")).to_contain_text("3 images relabelled as owl")
    expect(page.locator("[data-tile-class]", has_text="owl")).to_have_count(3)
    expect(page.locator(".bar-list a", has_text="owl")).to_contain_text("3")
    assert Image.objects.filter(class_label__name="owl").count() == 3
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone")
    expect(page.locator("[data-tile-class]", has_text="owl")).to_have_count(0)
    assert Image.objects.filter(class_label=None).count() == 5
    page.locator(".tile-check").nth(0).check()
    page.get_by_role("button", name="To the trash").click()
    expect(page.locator(".tile")).to_have_count(8)
    page.keyboard.press("u")
    expect(page.locator(".tile")).to_have_count(9)
    assert axe_faults(page) == []


def test_a_selection_is_made_relabelled_and_taken_back_by_keys_alone(page, sign_in, dataset):
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/")
    tile, count = page.locator(".tile-image"), page.locator("[data-selection-count]")
    tile.nth(1).focus()
    page.keyboard.press("2")
    expect(page.locator("[data-selection]")).to_be_hidden()
    for key in ("x", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(count).to_have_text("3 selected")
    expect(tile.nth(3)).to_be_focused()
    expect(page.locator("[data-class-keys] button")).to_have_text(["1cat", "2dog"])
    page.keyboard.press("/")
    page.keyboard.type("u2?/")
    field = page.get_by_label("Class for the selected images")
    expect(field).to_have_value("u2?/")
    field.fill("")
    page.keyboard.press("Escape")
    expect(tile.nth(1)).to_be_focused()
    page.keyboard.press("2")
    toasts = page.locator("#toasts")
    expect(toasts).to_contain_text("3 images relabelled as dog")
    expect(page.locator("[data-tile-class]", has_text="dog")).to_have_count(5)
    assert Image.objects.filter(class_label__name="dog").count() == 5
    expect(tile.nth(1)).to_be_focused()
    # The same key undoes when the toast with its button has gone.
    toasts.get_by_role("button", name="Dismiss").click()
    expect(toasts.locator(".lp-toast")).to_have_count(0)
    page.keyboard.press("u")
    expect(toasts).to_contain_text("Undone")
    assert Image.objects.filter(class_label__name="dog").count() == 2
    tile.nth(1).focus()
    for key in ("x", "/", *"owl", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-tile-class]", has_text="owl")).to_have_count(1)
    expect(tile.nth(1)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert axe_faults(page) == []


def test_all_that_match_are_changed_not_only_what_is_loaded(page, sign_in, dataset):
    factories.make_images(dataset, "cat", 130, start=100)
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/")
    page.locator("[data-filter-menu] summary").click()
    page.get_by_role("link", name="Not labelled", exact=True).wait_for()
    page.keyboard.press("Escape")
    page.locator(".bar-list a", has_text="cat").click()
    page.wait_for_url(re.compile("class_name=cat"))
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#match-count")).to_have_text("132 images")
    page.locator(".tile-check").first.check()
    page.get_by_role("button", name="Select all 132 that match").click()
    expect(page.locator("[data-selection-count]")).to_have_text("132 selected")
    page.get_by_role("button", name="Leave out").click()
    expect(page.locator("#toasts")).to_contain_text("132 images left out of new versions")
    assert Image.objects.exclude(excluded_at=None).count() == 132
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert Image.objects.exclude(excluded_at=None).count() == 0
    # The filter is empty after this: all the more is it said, with Undo.
    page.wait_for_selector("html[data-ready]")
    page.locator(".tile-check").first.check()
    page.get_by_role("button", name="Select all 132 that match").click()
    page.keyboard.press("2")
    expect(page.locator("#toasts")).to_contain_text("132 images relabelled as dog")
    expect(page.get_by_role("heading", name="No image matches")).to_be_visible()
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("u")
    expect(page.locator("#match-count")).to_have_text("132 images")
    assert Image.objects.filter(class_label__name="dog").count() == 2
