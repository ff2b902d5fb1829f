"""No fault of accessibility, no error, nothing the policy refuses; the frame, its small parts."""

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.browsing import NARROW, WIDE, axe_faults

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    ["/", "/errors/404/"],
)
def test_axe_finds_no_serious_fault(open_kit, path, scheme) -> None:
    page = open_kit(path, color_scheme=scheme, reduced_motion="reduce")
    if path == "/":
        expect(page.locator("#live tbody tr")).to_have_count(12)
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        assert axe_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "scrolls sideways"


def test_every_icon_is_in_the_sprite(open_kit) -> None:
    page = open_kit()
    empty = page.evaluate(
        "[...document.querySelectorAll('svg.icon')].filter((svg) => svg.getClientRects().length &&"
        " !svg.getBBox().width).map((svg) => svg.innerHTML)"
    )
    assert empty == []


def test_colours_are_remembered_before_the_first_paint(open_kit) -> None:
    page = open_kit(color_scheme="light")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.route(
        "**/js/theme.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    page.goto("/errors/404/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.unroute_all()
    page.get_by_role("button", name="Like the device").click()
    page.reload()
    page.get_by_role("button", name="Like the device").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_names_are_data(open_kit) -> None:
    page = open_kit()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_undo_by_button_and_by_key(open_kit) -> None:
    page = open_kit()
    page.get_by_role("button", name="Relabel 12 images").click()
    toasts = page.locator("#toasts")
    expect(toasts).to_contain_text("12 images relabelled")
    with page.expect_request("**/undo/") as request:
        page.keyboard.press("u")
    assert request.value.headers["x-csrftoken"]
    expect(toasts).to_contain_text("Undone")


def test_refused_request_says_why(open_kit) -> None:
    page = open_kit()
    page.get_by_role("button", name="Be refused").click()
    expect(page.locator("#toasts")).to_contain_text("Viewers cannot relabel.")


def test_code_is_copied(open_kit) -> None:
    page = open_kit(permissions=["clipboard-read", "clipboard-write"])
    page.locator(".code-block .copy").click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl -H")


def test_times_are_relative_and_exact_on_hover(open_kit) -> None:
    page = open_kit(timezone_id="Europe/Paris")
    time_element = page.get_by_text("3 min ago")
    expect(time_element).to_be_visible()
    assert re.search(r"\d\d:\d\d:\d\d (CET|GMT\+\d)", time_element.get_attribute("title"))


def test_menu_opens_on_narrow_screens(open_kit) -> None:
    page = open_kit(size=NARROW)
    expect(page.locator("#sidebar")).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    expect(page.locator("#sidebar").get_by_role("link", name="Datasets")).to_be_visible()
    expect(page.locator("#sidebar")).to_have_class(re.compile(r"\bshow\b"))
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(page.locator(".topbar-jobs .count")).to_have_text("2")


def test_first_tab_stop_skips_the_menu(open_kit) -> None:
    page = open_kit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_page_serves_without_javascript(open_kit) -> None:
    page = open_kit(java_script_enabled=False)
    zone = page.locator("#zone")
    expect(zone.locator("form")).to_have_attribute("enctype", "multipart/form-data")
    expect(zone.get_by_role("button", name="Upload")).to_be_visible()
    expect(page.get_by_role("link", name="Load more")).to_have_attribute("href", "/tiles/?page=1")
    expect(page.get_by_role("link", name="Datasets").first).to_be_visible()
