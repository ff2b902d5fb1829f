"""The label grid and suggestions in a real browser, with fits by the worker."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from classifier.engine.backbones.registry import DEFAULT
from classifier.engine.files import sha256_of
from classifier.instant.services.ask import fit_on_vectors
from classifier.models import ModelVersion
from datasets.models import Image, InstantModel
from tests import factories
from tests.classifier.instant.made import add_images
from tests.conftest import wait_until
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(stack):
    dataset = factories.make_dataset(user=factories.make_user(), name="Pets")
    space = factories.make_space(
        backbone=DEFAULT.title,
        width=DEFAULT.width,
        size=DEFAULT.image_size,
        backbone_sha256=sha256_of(DEFAULT.weights.checked(settings.WEIGHTS_DIR)),
    )
    for number, kind in enumerate(("cat", "dog")):
        add_images(dataset, kind, 70, labelled=False, start=70 * number, space=space)
    fit_on_vectors(user=None, dataset=dataset)
    return dataset


def opened(page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")


def fitted(dataset) -> None:
    def is_current() -> bool:
        row = InstantModel.objects.get(dataset=dataset)
        return row.fitted_at is not None and row.seen == row.wanted

    wait_until(is_current, 30)


def kind_of(name: str) -> str:
    return "cat" if int(name.removeprefix("image-").removesuffix(".png")) < 70 else "dog"


def test_a_person_names_groups_marks_what_is_wrong_and_confirms(page, sign_in, dataset):
    fitted(dataset)
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/label/grid/")
    question, tiles = page.locator("[data-question]"), page.locator(".grid-tile")
    expect(question).to_have_text("What are these?")
    expect(page.locator("[data-left]")).to_have_text("140 images left")
    expect(page.locator("[data-model]")).to_contain_text("Label 6 more images")
    assert axe_faults(page) == []
    first = kind_of(tiles.first.get_attribute("title"))
    shown = tiles.count()
    page.keyboard.press("/")
    page.keyboard.type(first)
    page.keyboard.press("Enter")
    expect(question).to_have_text(f"Are these all {first}?")
    expect(tiles.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    marked = tiles.nth(1)
    expect(marked).to_have_attribute("aria-pressed", "true")
    title = marked.get_attribute("title")
    page.keyboard.press("Enter")
    expect(page.locator("[data-left]")).to_have_text(f"{140 - shown + 1} images left")
    assert Image.objects.filter(dataset=dataset, class_label__name=first).count() == shown - 1
    assert Image.objects.get(dataset=dataset, name=title).class_label is None
    page.keyboard.press("u")
    expect(page.locator("[data-left]")).to_have_text("140 images left")
    expect(page.locator('.grid-tile[aria-pressed="true"]')).to_have_count(1)
    assert not Image.objects.filter(dataset=dataset, class_label__isnull=False).exists()
    page.keyboard.press("Enter")
    expect(page.locator("[data-left]")).to_have_text(f"{140 - shown + 1} images left")
    for _ in range(10):
        if not (left := Image.objects.filter(dataset=dataset, class_label=None).count()):
            break
        fitted(dataset)
        opened(page, f"/datasets/{dataset.pk}/label/grid/")
        expect(tiles.first).to_be_visible()
        if page.get_by_role("button", name="Confirm").is_disabled():
            page.keyboard.press("/")
            page.keyboard.type(kind_of(tiles.first.get_attribute("title")))
            page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator("[data-left]")).not_to_have_text(f"{left} images left")
    expect(question).to_have_text("Every image is labelled")
    right = [kind_of(i.name) == i.class_label.name for i in Image.objects.select_related()]
    assert sum(right) >= 135
    # What suggested all that becomes a model.
    fitted(dataset)
    wait_until(lambda: InstantModel.objects.get(dataset=dataset).accuracy is not None, 30)
    opened(page, f"/datasets/{dataset.pk}/label/grid/")
    page.get_by_role("button", name="Use this model").click()
    page.wait_for_url("**/model-versions/*/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pets instant model")
    assert axe_faults(page) == []
    version = ModelVersion.objects.get(preset="instant_model")
    assert page.url.endswith(f"/model-versions/{version.pk}/")
    assert version.instant_model["dataset"] == str(dataset.pk)


def test_enter_accepts_what_is_suggested_on_the_label_screen(page, sign_in, dataset):
    from datasets.services.labelling.annotate import annotate

    images = Image.objects.filter(dataset=dataset).order_by("created_at")
    some = [image for image in images if int(image.name[6:-4]) % 70 < 8]
    annotate(
        user=dataset.created_by,
        dataset=dataset,
        class_names={image.pk: kind_of(image.name) for image in some},
    )
    fitted(dataset)
    sign_in(dataset.created_by)
    opened(page, f"/datasets/{dataset.pk}/label/")
    picture = page.locator(".label-stage img")
    expect(picture).to_have_attribute("alt", "image-139.png")
    expect(page.locator("[data-suggestion]")).to_have_text(re.compile("Enter accepts .*dog"))
    assert axe_faults(page) == []
    page.keyboard.press("Enter")
    expect(picture).to_have_attribute("alt", "image-138.png")
    wait_until(lambda: Image.objects.get(name="image-139.png").class_label is not None, 20)
    assert Image.objects.get(name="image-139.png").class_label.name == "dog"
    opened(page, f"/datasets/{dataset.pk}/?annotated=false")
    expect(page.locator(".tile-suggested").first).to_contain_text("dog?")


def test_suggestions_are_switched_off_in_the_settings_and_on_where_they_are_missed(
    page, sign_in, dataset
):
    fitted(dataset)
    sign_in(dataset.created_by)
    address = f"/datasets/{dataset.pk}"
    for place, screen in (("[data-suggestion]", "label/"), ("[data-grid-news]", "label/grid/")):
        opened(page, f"{address}/settings/")
        page.get_by_label("Suggest classes").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.get_by_label("Suggest classes")).not_to_be_checked()
        opened(page, f"{address}/{screen}")
        said = page.locator(place)
        expect(said).to_contain_text("Suggestions are switched off for this dataset.")
        assert axe_faults(page) == []
        page.get_by_role("button", name="Switch on").click()
        expect(page.get_by_text("Label 6 more images")).to_be_visible()
        fitted(dataset)
