"""In a real browser, on the running platform with its workers."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from datasets.models import (
    Dataset,
    DatasetVersion,
    Image,
    Import,
    QualityItem,
    QualityMember,
    QualityReport,
)
from datasets.services.intake.start_import import start_import
from tests import factories
from tests.datasets.conftest import jpeg, png, zipped
from tests.datasets.pictures import faulty_set
from tests.frontend.browsing import NARROW, axe_faults, drop

pytestmark = pytest.mark.browser


def test_from_an_empty_account_to_a_frozen_version(page, sign_in):
    sign_in(factories.make_user())
    page.goto("/datasets/")
    page.get_by_role("link", name="New dataset").click()
    page.get_by_label("Name").fill("Pets")
    page.get_by_role("button", name="Create dataset").click()
    files = {
        f"{c}/{n}.png": png(n + 100 * i) for i, c in enumerate(("cat", "dog")) for n in range(9)
    }
    drop(page, {"pets.zip": zipped({**files, "cat/broken.jpg": jpeg()[:-900]})})
    page.wait_for_url(re.compile(r"/datasets/imports/"))
    page.get_by_text("Files that were not added").wait_for(timeout=60_000)
    assert page.get_by_role("row", name="cat/broken.jpg").get_by_text("cut off").is_visible()
    assert (
        page.locator(".stat", has_text="Images added").locator(".stat-value").inner_text() == "18"
    )

    page.get_by_role("link", name="Images", exact=False).first.click()
    page.locator(".tile").first.wait_for()
    assert page.locator(".tile").count() == 18
    images = "[...document.querySelectorAll('.tile img')]"
    loaded = f"() => {images}.every((i) => i.complete && i.naturalWidth)"
    page.wait_for_function(loaded)
    page.locator(".bar-list a", has_text="dog").click()
    page.wait_for_url(re.compile("class_name=dog"))
    assert page.locator(".tile").count() == 9

    page.get_by_role("link", name="Freeze a version").click()
    page.wait_for_url(re.compile("/versions/"))
    page.wait_for_load_state("load")
    preview = page.locator("#freeze-preview")
    expect(preview).to_contain_text("18 images in 2 classes")
    expect(preview).to_contain_text("Nothing is left out")
    expect(preview.get_by_role("row", name="All 14 2 2")).to_be_visible()
    page.get_by_label("Test, %").fill("20")
    page.get_by_label("Test, %").blur()
    expect(page.get_by_label("Train, %")).to_have_value("70")
    expect(preview.get_by_role("row", name="All 12 2 4")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Freeze").click()
    page.wait_for_url(re.compile("/datasets/versions/"))
    assert DatasetVersion.objects.get().sample_counts["test"] == {"cat": 2, "dog": 2}


def test_images_dropped_one_by_one_report_what_was_refused(page, sign_in):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person)
    sign_in(person)
    page.goto(f"/datasets/{dataset.pk}/")
    drop(page, {"a.png": png(1), "b.png": png(2), "broken.jpg": jpeg()[:-900]})
    page.get_by_text("broken.jpg").wait_for()
    assert Image.objects.filter(dataset=dataset).count() == 2
    drop(page, {"c.png": png(3)})
    page.locator(".tile").first.wait_for()
    assert page.locator(".tile").count() == 3


def test_the_sample_dataset_is_one_button_away(page, sign_in):
    sign_in(factories.make_user())
    page.goto("/datasets/")
    page.get_by_role("button", name="Load the sample dataset").click()
    page.wait_for_url(re.compile(r"/datasets/imports/"))
    page.get_by_text("Every file of the archive became an image").wait_for(timeout=120_000)
    dataset = Dataset.objects.get()
    assert Image.objects.filter(dataset=dataset).count() == 1797
    page.goto(f"/datasets/{dataset.pk}/")
    first = page.locator(".tile").count()
    assert first == 120
    page.mouse.wheel(0, 60_000)
    page.wait_for_function(f"() => document.querySelectorAll('.tile').length > {first}")


def test_findings_are_decided_by_keys_and_taken_back(page, sign_in):
    """From the import's own check to label errors and copies decided, by keys alone."""
    person = factories.make_user()
    dataset = factories.make_dataset(user=person)
    archive = zipped(faulty_set())
    start_import(user=person, dataset=dataset, archive=[archive], archive_name="a.zip")
    sign_in(person)
    page.goto(f"/datasets/imports/{Import.objects.get().pk}/")
    # Whether import and check still run or have ended by now: all comes without a reload.
    found = page.get_by_role("heading", name=re.compile(r"The quality check found \d+ things"))
    expect(found).to_be_visible(timeout=120_000)
    expect(page.get_by_role("link", name=re.compile(r"Quality \d+"))).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("link", name="Look at them").click()
    expect(page.get_by_text("What was not checked")).to_be_visible()
    expect(page.get_by_role("heading", name="In more than one split")).to_be_visible()
    assert axe_faults(page) == []

    factories.make_vectors(dataset)
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("heading", name="Probably the wrong class")).to_be_visible(
        timeout=90_000
    )
    page.goto(f"/datasets/{dataset.pk}/quality/label_error/")
    place = page.locator("[data-review=place]")
    total = QualityItem.objects.filter(kind="label_error").count()
    expect(place).to_have_text(f"1 of {total}")
    assert axe_faults(page) == []
    first, second = QualityItem.objects.filter(kind="label_error").order_by("rank")[:2]
    wrong = first.members.get().image
    page.keyboard.press("Enter")
    expect(place).to_have_text(f"2 of {total}")
    wrong.refresh_from_db()
    assert wrong.class_label == first.suggested_class
    # One key undoes one decision, whether its toast is still there or not.
    page.locator("#toasts").get_by_role("button", name="Dismiss").first.click()
    page.keyboard.press("k")
    expect(place).to_have_text(f"3 of {total}")
    second.refresh_from_db()
    assert second.dismissed_by == person
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone")
    expect(place).to_have_text(f"2 of {total}")
    wrong.refresh_from_db()
    second.refresh_from_db()
    assert (wrong.class_label, second.dismissed_at) == (first.suggested_class, None)
    page.keyboard.press("u")
    expect(place).to_have_text(f"1 of {total}")
    wrong.refresh_from_db()
    assert wrong.class_label == first.given_class
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()

    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    page.goto(f"/datasets/{dataset.pk}/quality/split_leak/")
    expect(page.locator(".review-picture")).to_have_count(2)
    page.keyboard.press("2")
    page.keyboard.press("x")
    expect(page.get_by_role("heading", name="All looked through")).to_be_visible()
    assert dataset.images.exclude(excluded_at=None).get().split == "test"
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Keep both")).to_be_visible()
    assert not dataset.images.exclude(excluded_at=None).exists()


def test_a_large_group_of_copies_is_seen_and_decided_as_a_whole(page, sign_in):
    person = factories.make_user()
    dataset = factories.make_dataset(user=person)
    images = factories.make_images(dataset, "cat", 130)
    report = QualityReport.objects.create(dataset=dataset, checked_at=timezone.now())
    item = QualityItem.objects.create(report=report, kind="exact_duplicate", rank=0)
    QualityMember.objects.bulk_create(
        QualityMember(item=item, image=image, position=n) for n, image in enumerate(images)
    )
    sign_in(person)
    page.goto(f"/datasets/{dataset.pk}/quality/exact_duplicate/")
    pictures, note = page.locator(".review-picture"), page.locator("[data-review=note]")
    expect(note).to_have_text("24 of 130 images shown")
    expect(pictures).to_have_count(24)
    page.keyboard.press("m")
    expect(note).to_have_text("96 of 130 images shown")
    expect(pictures).to_have_count(96)
    assert axe_faults(page) == []
    page.keyboard.press("3")
    page.get_by_role("button", name="Leave out the other 129").click()
    expect(page.locator("#toasts")).to_contain_text("129 images left out")
    assert dataset.images.get(excluded_at=None) == images[2]
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Keep all")).to_be_visible()
    expect(pictures).to_have_count(130)
    assert not dataset.images.exclude(excluded_at=None).exists()
