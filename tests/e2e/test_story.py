"""The whole story in a real browser, on real workers: from nothing to an answer.

Sign up, create a dataset, drop a zip, freeze, train, watch, read the report, drop a picture in the
Playground, read the answer.
"""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.sample import write_digits_archive
from tests.e2e.first_files import first_files

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(280)]

TRAINING_SECONDS = 150


def drop_file(page: Page, path: Path, media_type: str) -> None:
    """Drop a file on the page's drop zone, as a drag from the desktop would."""
    content = base64.b64encode(path.read_bytes()).decode()
    transfer = page.evaluate_handle(
        """([content, name, type]) => {
            const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, {type}));
            return transfer;
        }""",
        [content, path.name, media_type],
    )
    zone = page.locator("#drop")
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": transfer})


def wait_for_scripts(page: Page) -> None:
    """Wait until the page's own modules listen."""
    page.wait_for_load_state("load")
    expect(page.locator("html")).to_have_attribute("data-ready", re.compile(".*"))


def sign_up(page: Page) -> None:
    page.goto("/accounts/signup/")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=email]", "ada@example.com")
    page.fill("input[name=password1]", "correct horse battery staple")
    page.fill("input[name=password2]", "correct horse battery staple")
    page.locator("form[action*=signup] button[type=submit], main form button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/$"))


def upload_digits(page: Page, archive: Path) -> None:
    page.goto("/datasets/")
    page.get_by_role("link", name="New dataset").first.click()
    page.get_by_label("Name", exact=False).first.fill("Digits")
    page.get_by_role("button", name="Create dataset").click()
    wait_for_scripts(page)
    drop_file(page, archive, "application/zip")
    page.wait_for_url(re.compile("/datasets/imports/"))
    added = page.locator("#import-report .stat", has_text="added")
    expect(added).to_contain_text("600", timeout=90_000)
    expect(page.locator("#dataset-holds")).to_contain_text("600 images in 10 classes")


def freeze(page: Page) -> None:
    page.get_by_role("link", name="Freeze a version").click()
    page.wait_for_url(re.compile("/versions/"))
    wait_for_scripts(page)
    page.fill("input[name=validation]", "10")
    page.fill("input[name=test]", "20")
    page.locator("input[name=test]").blur()
    expect(page.locator("input[name=train]")).to_have_value("70")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_role("heading", name="Digits, version 1")).to_be_visible()


def train(page: Page) -> None:
    page.get_by_role("link", name="Train on it").click()
    page.wait_for_url(re.compile("/training/new/"))
    wait_for_scripts(page)
    expect(page.locator("input[value=cnn_tiny]")).to_be_checked()
    page.fill("input[name=config-epochs]", "12")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/training/[0-9a-f-]{36}/"))


def watch(page: Page) -> None:
    """Stay on one page from the queue to the report, without a reload."""
    expect(page.get_by_text(re.compile(r"Epoch \d+ of 12")).first).to_be_visible(
        timeout=TRAINING_SECONDS * 1000
    )
    expect(page.locator("figure canvas, figure svg").first).to_be_visible()
    expect(page.get_by_text("Succeeded").first).to_be_visible(timeout=TRAINING_SECONDS * 1000)


def read_report(page: Page) -> None:
    page.reload()
    page.get_by_role("link", name=re.compile("report", re.IGNORECASE)).first.click()
    page.wait_for_url(re.compile("/evaluations/"))
    matrix = page.get_by_role("figure", name="Confusion matrix, test split")
    matrix.get_by_text("Show as table").click()
    expect(matrix.get_by_role("columnheader", name=re.compile("True.+Predicted"))).to_be_visible()
    accuracy = page.locator(".stat", has_text="Accuracy").first.inner_text()
    assert float(re.search(r"(\d+\.\d+)", accuracy).group(1)) > 80


def ask(page: Page, picture: Path, digit: str) -> None:
    page.goto("/playground/")
    wait_for_scripts(page)
    model = page.locator("select#model option", has_text="Digits").first.get_attribute("value")
    page.goto(f"/playground/?model={model}")
    wait_for_scripts(page)
    drop_file(page, picture, "image/png")
    rows = page.locator(".answer-card .bar-list > li")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text(digit)


def test_from_sign_up_to_an_answer(page, tmp_path):
    archive = tmp_path / "digits.zip"
    write_digits_archive(archive)
    archive.write_bytes(first_files(archive.read_bytes(), 600))
    sign_up(page)
    upload_digits(page, archive)
    freeze(page)
    train(page)
    watch(page)
    read_report(page)
    picture, digit = clear_digit(tmp_path)
    ask(page, picture, digit)


def clear_digit(folder: Path) -> tuple[Path, str]:
    """Draw a digit's average image: no hand wrote it, and everyone reads it."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = digits.images[digits.target == 0].mean(axis=0) * 255 / 16
    path = folder / "zero.png"
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path, "0"
