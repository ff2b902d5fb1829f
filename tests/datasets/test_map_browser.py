"""The map in a real browser: compute, hover, draw around points, relabel, undo."""

import re

import pytest
from playwright.sync_api import Page, expect

from datasets.models import Image
from tests import factories
from tests.datasets.pictures import files
from tests.frontend.browsing import WIDE, axe_faults, wait_until

pytestmark = pytest.mark.browser


def open_map(page: Page, dataset) -> None:
    page.goto(f"/datasets/{dataset.pk}/map/")
    page.wait_for_selector("html[data-ready]")


def drawn(page: Page) -> None:
    wait_until(page, "document.querySelector('#map[data-drawn]')", 60)


def place_of(page: Page, index: int) -> tuple[float, float]:
    """Where a point stands on the screen."""
    stage = page.locator(".map-canvas").bounding_box()
    x, y = page.evaluate(f"document.getElementById('map').points.place({index})")
    return stage["x"] + x, stage["y"] + y


def draw_around_everything(page: Page) -> None:
    stage = page.locator(".map-canvas").bounding_box()
    left, top = stage["x"] + 4, stage["y"] + 4
    right, bottom = left + stage["width"] - 8, top + stage["height"] - 8
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 12)):
        page.mouse.move(x, y, steps=12)
    page.mouse.up()


def classes_of(dataset) -> dict[str, int]:
    names = Image.objects.filter(dataset=dataset).values_list("class_label__name", flat=True)
    return {name: list(names).count(name) for name in set(names)}


def test_drawing_around_points_relabels_them_and_undo_takes_it_back(page, sign_in):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person)
    factories.add_files(dataset, files("cat", 0, 18, 0), split="train")
    factories.add_files(dataset, files("dog", 100, 18, 0), split="test")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    sign_in(person)
    open_map(page, dataset)
    page.get_by_role("button", name="Compute the map").click()
    # The page comes back by itself when the job has ended.
    page.wait_for_selector("#map", timeout=90_000)
    drawn(page)
    expect(page.locator("[data-status]")).to_have_text("36 images")

    x, y = place_of(page, 0)
    page.mouse.move(x - 30, y - 30)
    page.mouse.move(x, y, steps=5)
    expect(page.locator("[data-tip] img")).to_be_visible()

    page.get_by_role("button", name="Select", exact=True).click()
    draw_around_everything(page)
    expect(page.locator("#map-selected")).to_have_text("36 images selected")
    expect(page.locator("[data-thumbnails] img")).to_have_count(36)
    page.get_by_label("Class", exact=True).fill("Not labelled")
    page.get_by_role("button", name="Give this class").click()
    expect(page.get_by_text("36 images are now “Not labelled”.")).to_be_visible()
    # The map's word for images without a class may be the name of one.
    assert classes_of(dataset) == {"Not labelled": 36}
    expect(page.locator("[data-legend] button")).to_have_text([re.compile("Not labelled")])
    expect(page.locator("#map-selected")).to_have_text("36 images selected")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    assert classes_of(dataset) == {"cat": 18, "dog": 18}
    page.get_by_role("button", name="Clear").click()

    # What the legend hides is not selected.
    page.locator("[data-legend] button", has_text="cat").click()
    draw_around_everything(page)
    expect(page.locator("#map-selected")).to_have_text("18 images selected")
    expect(page.locator("[data-holds]")).to_have_text("dog 18")

    page.get_by_role("button", name="Split", exact=True).click()
    expect(page.locator("[data-legend] button")).to_have_text(
        [re.compile("train"), re.compile("test")]
    )
    page.get_by_text("Show as table").click()
    expect(page.get_by_role("row", name="cat")).to_contain_text("18")
    assert axe_faults(page) == []

    page.goto(f"/datasets/images/{dataset.images.first().pk}/")
    expect(page.locator(".look-alikes img")).to_have_count(14)
