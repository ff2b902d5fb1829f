"""Endless scrolling, selection, size and place of the gallery."""

import pytest
from playwright.sync_api import expect

from tests.frontend.browsing import wait_until

pytestmark = pytest.mark.browser


def test_gallery_scrolls_on_to_the_end(open_kit) -> None:
    page = open_kit()
    for count in range(96, 289, 48):
        page.evaluate("document.querySelector('.gallery-end')?.scrollIntoView()")
        wait_until(page, f"document.querySelectorAll('.tile').length >= {count}")
    expect(page.locator(".tile")).to_have_count(288)
    expect(page.locator(".gallery-end")).to_have_count(0)


def test_gallery_is_selected_by_click_range_and_keys(open_kit) -> None:
    page = open_kit()
    tiles = page.locator(".tile")
    count = page.locator("[data-selection-count]")
    tiles.nth(2).locator(".tile-check").check()
    tiles.nth(6).locator(".tile-check").click(modifiers=["Shift"])
    expect(count).to_have_text("5 selected")
    tiles.nth(10).locator(".tile-image").click(modifiers=["Control"])
    expect(count).to_have_text("6 selected")
    tiles.nth(10).locator(".tile-image").focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(11).locator(".tile-image")).to_be_focused()
    page.keyboard.press("x")
    expect(count).to_have_text("7 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-selection]")).to_be_hidden()


def test_gallery_remembers_the_size_of_its_tiles(open_kit) -> None:
    page = open_kit()
    slider = page.get_by_label("Size of the thumbnails")
    slider.fill("256")
    page.reload()
    expect(slider).to_have_value("256")
    assert page.locator(".tile").first.evaluate("(tile) => tile.clientWidth") >= 240


def test_gallery_returns_to_its_place(open_kit) -> None:
    page = open_kit()
    page.wait_for_selector("[data-gallery]")
    page.evaluate("document.querySelector('.gallery-end').scrollIntoView()")
    wait_until(page, "document.querySelectorAll('.tile').length >= 144")
    page.locator(".tile[data-id=image-120]").evaluate(
        "(tile) => tile.scrollIntoView({ block: 'start', behavior: 'instant' })"
    )
    page.wait_for_timeout(300)
    page.reload()
    expect(page.locator(".tile[data-id=image-120]")).to_be_in_viewport()


def test_gallery_does_not_hammer_a_server_that_fails(open_kit) -> None:
    page = open_kit("/errors/404/")
    asked = []
    page.route("**/tiles/**", lambda route: (asked.append(1), route.fulfill(status=500)))
    page.goto("/")
    page.locator(".gallery-end").scroll_into_view_if_needed()
    expect(page.locator("#toasts")).to_contain_text("The server answered 500.")
    page.wait_for_timeout(1000)
    assert len(asked) == 1
    page.unroute_all()
    page.get_by_role("link", name="Load more").click()
    wait_until(page, "document.querySelectorAll('.tile').length >= 96")


IN_PAGE = "document.querySelectorAll('.tile').length"


def test_thousands_of_tiles_do_not_stay_in_the_page(open_kit) -> None:
    page = open_kit()
    page.wait_for_selector(".gallery-end")
    page.evaluate(
        "document.querySelector('.gallery-end').dataset.next = '/tiles/?page=1&count=2000&last=3'"
    )
    page.locator(".tile-check").nth(3).check()
    for count in (2048, 4048, 6048):
        page.evaluate("document.querySelector('.gallery-end')?.scrollIntoView()")
        wait_until(page, f"document.querySelector('[data-gallery]').tiles.all.length >= {count}")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator(".tile[data-id=image-7999]")
    expect(last).to_be_in_viewport()
    assert page.evaluate(IN_PAGE) <= 500
    # A range reaches over what is not in the page; its far end is found again by the keyboard.
    last.locator(".tile-check").click(modifiers=["Shift"])
    expect(page.locator("[data-selection-count]")).to_have_text("6,045 selected")
    last.locator(".tile-image").focus()
    page.evaluate("scrollTo(0, 0)")
    expect(last).to_have_count(0)
    assert page.evaluate(IN_PAGE) <= 500
    boxes = page.locator(".tile-check")
    assert [boxes.nth(place).is_checked() for place in (2, 3, 47)] == [False, True, True]
    page.keyboard.press("ArrowLeft")
    before = page.locator(".tile[data-id=image-7998]")
    expect(before).to_be_in_viewport()
    expect(before.locator(".tile-image")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[data-selection-count]")).to_have_text("6,044 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-selection]")).to_be_hidden()


def test_another_size_keeps_the_tile_on_top(open_kit) -> None:
    page = open_kit()
    page.wait_for_selector("[data-gallery]")
    for count in (96, 144, 192):
        page.evaluate("document.querySelector('.gallery-end').scrollIntoView()")
        wait_until(page, f"{IN_PAGE} >= {count}")
    tile = page.locator(".tile[data-id=image-100]")
    tile.evaluate("(tile) => tile.scrollIntoView({ block: 'start', behavior: 'instant' })")
    expect(tile).to_be_in_viewport()
    page.wait_for_timeout(100)
    page.get_by_label("Size of the thumbnails").evaluate(
        "(slider) => { slider.value = 256; slider.dispatchEvent(new Event('input')); }"
    )
    wait_until(page, "document.querySelector('.tile').clientWidth > 240")
    expect(tile).to_be_in_viewport()
