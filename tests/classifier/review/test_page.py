"""The review page in a real browser: keys, the next image by itself, undo, two people."""

import re

import pytest
from playwright.sync_api import expect

from classifier.models import ReviewItem
from datasets.models import Image
from tests import factories
from tests.classifier.instant.made import add_images
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(stack):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person, name="Pets")
    for name in ("cat", "dog"):
        add_images(dataset, name, 1, labelled=True)
    for number, image in enumerate(add_images(dataset, "cat", 4, labelled=False, start=50)):
        ReviewItem.objects.create(
            organization=dataset.organization,
            dataset=dataset,
            reason="unlabelled",
            image=image,
            uncertainty=0.9 - number / 10,
            suggested=[{"class_name": "dog", "probability": 0.6}] if number else [],
        )
    return dataset


def class_of(number: int) -> str | None:
    label = Image.objects.select_related("class_label").get(name=f"image-{number}.png").class_label
    return label.name if label else None


def saved(page, number: int, class_name: str | None) -> None:
    for _ in range(300):
        if class_of(number) == class_name:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{number} is {class_of(number)}, not {class_name}")


def test_keys_answer_the_next_comes_by_itself_and_undo_goes_back(page, sign_in, dataset):
    sign_in(dataset.created_by)
    page.goto("/")
    page.get_by_role("link", name="Review", exact=True).click()
    page.wait_for_url(re.compile("/review/"))
    picture = page.locator(".label-stage img")
    expect(picture).to_have_attribute("alt", "image-50.png")
    expect(page.locator("[data-suggestion]")).to_contain_text("Nothing is suggested")
    expect(page.get_by_role("button", name="cat")).to_be_visible()
    page.keyboard.press("1")
    expect(picture).to_have_attribute("alt", "image-51.png")
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    expect(picture).to_have_attribute("alt", "image-53.png")
    saved(page, 50, "cat")
    saved(page, 51, "dog")
    assert axe_faults(page) == []
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(picture).to_have_attribute("alt", "image-51.png")
    saved(page, 51, None)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    for number in (52, 53):
        page.keyboard.press("2")
        expect(picture).to_have_attribute("alt", f"image-{number}.png")
    saved(page, 52, "dog")
    page.keyboard.press("2")
    expect(page.locator(".label-stage")).to_contain_text("Nothing left for you here")
    saved(page, 53, "dog")
