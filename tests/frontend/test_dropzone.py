"""Zips, folders and images on their way up."""

import zipfile

import pytest
from playwright.sync_api import expect

from tests.frontend.browsing import wait_until

pytestmark = pytest.mark.browser


def test_zip_goes_up_with_progress(open_kit, tmp_path) -> None:
    page = open_kit()
    archive = tmp_path / "animals.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("cats/1.jpg", bytes(300_000))
    page.evaluate(
        """() => document.getElementById("zone").addEventListener(
          "uploaded", (event) => { window.answers = event.detail.answers; })"""
    )
    page.get_by_label("Choose files").set_input_files(archive)
    wait_until(page, "window.answers")
    assert page.evaluate("window.answers[0].size") == archive.stat().st_size


def test_folder_goes_up_by_class_and_refused_files_are_listed(open_kit, tmp_path) -> None:
    page = open_kit()
    for name in ("pets/cats/1.png", "pets/dogs/2.png", "pets/dogs/notes.txt", "pets/.DS_Store"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
    page.evaluate(
        """() => document.getElementById("zone").addEventListener(
          "uploaded", (event) => { window.answers = event.detail.answers; })"""
    )
    page.get_by_label("Choose a folder").set_input_files(tmp_path / "pets")
    wait_until(page, "window.answers")
    answers = page.evaluate("window.answers")
    named = {answer["class_name"]: [r["name"] for r in answer["results"]] for answer in answers}
    assert {name: sorted(files) for name, files in named.items()} == {
        "cats": ["1.png"],
        "dogs": ["2.png", "notes.txt"],
    }
    expect(page.locator("#zone .problem")).to_contain_text("1 of 3 files was refused")
    expect(page.locator("#zone .problem")).to_contain_text("notes.txt – This is not an image.")


def test_upload_can_be_cancelled(open_kit, tmp_path) -> None:
    page = open_kit()
    page.route("**/api/v1/imports/", lambda route: None)
    archive = tmp_path / "big.zip"
    archive.write_bytes(bytes(1_000_000))
    page.get_by_label("Choose files").set_input_files(archive)
    page.locator("#zone").get_by_role("button", name="Cancel").click()
    expect(page.locator("#toasts")).to_contain_text("Upload cancelled")
    expect(page.locator("#zone .upload")).to_be_hidden()


def test_dropped_and_pasted_files_are_taken(open_kit) -> None:
    page = open_kit()
    page.evaluate(
        """() => {
          window.taken = [];
          const zone = document.getElementById("zone");
          zone.addEventListener("files", (event) => {
            event.preventDefault();
            window.taken.push(event.detail.entries[0].path);
          });
          const carrying = (name) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], name, { type: "image/png" }));
            return transfer;
          };
          const options = { bubbles: true, cancelable: true };
          const dropped = { ...options, dataTransfer: carrying("a.png") };
          zone.dispatchEvent(new DragEvent("drop", dropped));
          const pasted = { ...options, clipboardData: carrying("b.png") };
          document.dispatchEvent(new ClipboardEvent("paste", pasted));
        }"""
    )
    wait_until(page, "window.taken.length === 2")
    assert sorted(page.evaluate("window.taken")) == ["a.png", "b.png"]
