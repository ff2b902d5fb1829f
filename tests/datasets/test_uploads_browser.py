"""Uploads in a browser that outlive lost connections and reloads; folders, many files, paste."""

import re

import pytest
from playwright.sync_api import expect

from datasets.models import Image, Upload
from tests import factories
from tests.conftest import wait_until
from tests.datasets.conftest import jpeg, png, zipped

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(page, sign_in):
    """A dataset with one image, its page open."""
    person = factories.make_user()
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 1)
    sign_in(person)
    page.goto(f"/datasets/{dataset.pk}/")
    page.wait_for_selector("html[data-ready]")
    return dataset


@pytest.fixture
def network(page):
    """Set the network's state: `network(offline=…, bytes_per_second=…)`."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def set_network(*, offline: bool = False, bytes_per_second: int = -1) -> None:
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": offline,
                "latency": 0,
                "downloadThroughput": -1,
                "uploadThroughput": bytes_per_second,
            },
        )

    return set_network


def arrived() -> int:
    return sum(Upload.objects.values_list("offset", flat=True))


def test_an_upload_outlives_a_reload_and_a_lost_connection(page, dataset, network, tmp_path):
    archive = tmp_path / "noise.zip"
    archive.write_bytes(zipped({f"dog/{n}.png": png(n, (640, 640)) for n in range(20)}))
    size = archive.stat().st_size
    assert size > 20e6
    page.on("dialog", lambda dialog: dialog.accept())
    begun_at = []
    page.on(
        "request",
        lambda request: (
            begun_at.append(int(request.headers["upload-offset"]))
            if request.method == "PATCH"
            else None
        ),
    )
    panel = page.locator("drop-zone .upload")

    # Slow enough for a slow machine to look in time.
    network(bytes_per_second=1_000_000)
    page.get_by_label("Choose files").set_input_files(archive)
    expect(panel).to_contain_text(re.compile(r"B/s · .+ left"))
    wait_until(lambda: arrived() > 2e6, 60)
    page.get_by_role("button", name="Pause").click()
    expect(panel).to_contain_text("Paused.")
    page.get_by_role("button", name="Resume").click()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(panel).to_contain_text("noise.zip")
    expect(panel).to_contain_text("it goes on where it stopped")

    before_reload = arrived()
    page.get_by_label("Choose files").set_input_files(archive)
    wait_until(lambda: arrived() > before_reload + 1e6, 60)
    assert begun_at[-1] >= 2e6
    network(offline=True)
    expect(panel).to_contain_text("Connection lost. Trying again…")
    assert before_reload + 1e6 < arrived() < size
    assert Upload.objects.count() == 1
    network()
    page.wait_for_url(re.compile("/datasets/imports/"), timeout=60_000)
    assert begun_at[-1] >= before_reload + 1e6
    expect(page.get_by_text("Every file of the archive became an image")).to_be_visible(
        timeout=60_000
    )
    assert Image.objects.filter(dataset=dataset, class_label__name="dog").count() == 20
    assert not Upload.objects.exists()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('tus'))") == []


def test_a_dropped_folder_keeps_its_classes(page, dataset, tmp_path):
    for name, seed in (("cats/a.png", 1), ("cats/b.png", 2), ("dogs/c.png", 3)):
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(seed))
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "pets")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 400, "data": data})
    wait_until(lambda: Image.objects.filter(dataset=dataset).count() == 4, 60)
    rows = Image.objects.filter(dataset=dataset).values_list("name", "class_label__name")
    assert {row for row in rows if row[1] != "cat"} == {
        ("a.png", "cats"), ("b.png", "cats"), ("c.png", "dogs"),
    }  # fmt: skip


def test_many_files_of_which_a_batch_is_lost_are_added_once(page, dataset, tmp_path):
    names = [f"{n:03}.png" for n in range(140)]
    for n, name in enumerate(names):
        (tmp_path / name).write_bytes(png(n))
    (tmp_path / "half.jpg").write_bytes(jpeg()[:-900])
    (tmp_path / "words.png").write_bytes(b"hello")
    lost = []

    def lose_the_answer(route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort("connectionreset")

    page.route("**/images/", lose_the_answer)
    page.get_by_label("Choose files").set_input_files(sorted(tmp_path.iterdir()))
    panel = page.locator("drop-zone .upload")
    expect(panel).to_contain_text("2 of 142 files were refused", timeout=60_000)
    expect(panel).to_contain_text("half.jpg – The image file is cut off")
    expect(panel).to_contain_text("words.png –")
    assert lost
    assert Image.objects.filter(dataset=dataset, class_label=None).count() == 140


def test_a_pasted_image_is_added(page, dataset):
    # The page loads again when the image is there. A context that is closed just then may hang.
    with page.expect_navigation():
        page.evaluate(
            """(bytes) => {
                const transfer = new DataTransfer();
                const file = new File([new Uint8Array(bytes)], "pasted.png", {type: "image/png"});
                transfer.items.add(file);
                const options = {bubbles: true, cancelable: true, clipboardData: transfer};
                document.dispatchEvent(new ClipboardEvent("paste", options));
            }""",
            list(png(9)),
        )
    expect(page.get_by_role("img", name="pasted.png").first).to_be_visible()
    assert Image.objects.filter(dataset=dataset, name="pasted.png").exists()
