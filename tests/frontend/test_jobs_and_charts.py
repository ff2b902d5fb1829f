"""Jobs and curves that move by themselves, and the confusion matrix."""

import pytest
from playwright.sync_api import expect

from tests.frontend.browsing import wait_until

pytestmark = pytest.mark.browser


def test_job_is_followed_live_and_announced(open_kit) -> None:
    page = open_kit()
    job = page.locator("job-progress").first
    expect(job.locator("[data-job=status]")).to_have_text("Succeeded")
    assert job.locator("progress").evaluate("(bar) => bar.position") == 1
    expect(job.get_by_role("button", name="Cancel")).to_be_hidden()
    assert job.locator("[data-job=log]").text_content().count("\n") == 12
    expect(job.locator("[data-job=spoken]")).to_have_text("Succeeded")
    expect(page.locator("#toasts")).to_contain_text("Training of digits: done")
    expect(page.locator("#live .chart-key")).to_contain_text("Validation")
    expect(page.locator("#live tbody tr")).to_have_count(12)


def test_epochs_told_before_the_curves_are_drawn_are_not_lost(open_kit) -> None:
    page = open_kit("/errors/404/")
    page.route("**/charts/mount.js", lambda route: (page.wait_for_timeout(1500), route.continue_()))
    page.goto("/")
    expect(page.locator("#live tbody tr")).to_have_count(12)


def test_what_is_fetched_again_hears_of_the_end(open_kit) -> None:
    page = open_kit("/errors/404/")
    page.add_init_script(
        """window.told = [];
        for (const name of ["job:epoch", "job:ended", "job:moved"])
          document.addEventListener(name, () => window.told.push(name));"""
    )
    page.goto("/")
    expect(page.locator("job-progress [data-job=status]").first).to_have_text("Succeeded")
    told = page.evaluate("window.told")
    assert told[-2:] == ["job:ended", "job:moved"]
    assert told.count("job:epoch") == 12
    assert 2 <= told.count("job:moved") < 6, "at most every 2 s while it goes on"


def test_waiting_job_tells_its_place_and_is_cancelled(open_kit) -> None:
    page = open_kit()
    job = page.locator("job-progress", has_text="Training of animals")
    expect(job.locator("[data-job=message]")).to_have_text("3 jobs are before it")
    job.get_by_role("button", name="Cancel").click()
    expect(job.locator("[data-job=status]")).to_have_text("Cancelled")
    expect(job.get_by_role("button", name="Cancel")).to_be_hidden()


def test_curves_keep_their_zoom_when_an_epoch_is_added(open_kit) -> None:
    page = open_kit()
    wait_until(page, "document.getElementById('loss').chart")
    zoom = page.evaluate(
        """() => {
          const { chart, append } = document.getElementById("loss").chart;
          chart.dispatchAction({ type: "dataZoom", start: 20, end: 60 });
          append({ epoch: 15, loss: 0.2, val_loss: 0.3 });
          const [{ start, end }] = chart.getOption().dataZoom;
          return [start, end, chart.getOption().series[0].data.length];
        }"""
    )
    assert zoom == [20, 60, 15]
    page.get_by_role("button", name="Dark").click()
    assert (
        page.evaluate("document.getElementById('loss').chart.chart.getOption().dataZoom[0].start")
        == 20
    )


def test_cell_of_the_confusion_matrix_opens_its_images(open_kit) -> None:
    page = open_kit()
    wait_until(page, "document.getElementById('confusion').chart")
    canvas = page.locator("#confusion .chart-canvas")
    canvas.scroll_into_view_if_needed()
    x, y = page.evaluate(
        "document.getElementById('confusion').chart.chart.convertToPixel({seriesIndex: 0}, [8, 1])"
    )
    canvas.click(position={"x": x, "y": y})
    page.wait_for_url("**/?true=one&predicted=eight")


def test_table_behind_the_matrix_links_every_cell(open_kit) -> None:
    page = open_kit()
    page.locator("#confusion summary").click()
    row = page.locator("#confusion tbody tr").nth(1)
    assert row.locator("td").all_text_contents() == [
        "0",
        "35",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "1",
        "0",
    ]
    expect(row.get_by_role("link").last).to_have_attribute("href", "/?true=one&predicted=eight")
