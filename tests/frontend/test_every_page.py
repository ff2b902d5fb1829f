"""axe on the pages there are: those of the permission matrix, and those of accounts and errors.

`make test` looks at about half of the pages, some wide and light, the others narrow and dark; which
ones turns with the day, so that four days see all of them both ways. `make test-all` looks at each
both ways, wide and dark and narrow and light too.
"""

import itertools
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pytest

from tests.frontend.browsing import NARROW, axe_faults, sign_in_as, wait_until
from tests.permissions import matrix

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(1800)]

WIDE = (1280, 900)
# Colours that are on their way from one scheme to the other have the contrast of neither, and a
# part that is being fetched is dimmed until it is there.
STILL = (
    "!document.querySelector('.htmx-request')"
    " && document.getAnimations().every((one) => !(one instanceof CSSTransition))"
)
Look = tuple[tuple[int, int], str]
EVERY_LOOK = list(itertools.product((WIDE, NARROW), ("light", "dark")))
TWO_LOOKS: list[Look] = [(WIDE, "light"), (NARROW, "dark")]
SIGNED_OUT = [
    "/accounts/login/",
    "/accounts/login/?next=/datasets/new/&unsent=1",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/api/v1/docs/",
]
SIGNED_IN = [
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/nothing/here/",
    "/datasets/?q=nothing",
]


@pytest.fixture
def world(stack):
    """The world of the permission matrix, whose jobs no worker takes."""
    world = matrix.committed_world()
    rows = [row for module in matrix.rows_of_apps().values() for row in module.ROWS]
    pages = [row for row in rows if row.method == "GET" and not row.is_api]
    # Addresses have new ids each time: routes say which page it is.
    world.routes = {
        row.url(world): f"{row.route}{row.query}" for row in pages if row.statuses["owner"] == 200
    }
    return world


def faults_of(page, address: str, looks: Iterable[Look]) -> list[str]:
    """Return what axe finds, of whatever weight; nothing for a part of a page."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.goto(address)
    if not page.evaluate("document.querySelector('meta[name=csrf-token]') !== null"):
        return []
    page.wait_for_selector("html[data-ready]")
    if address not in SIGNED_OUT:
        assert "/accounts/login/" not in page.url
    found = []
    for (width, height), scheme in looks:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_selector(f"html[data-bs-theme={scheme}]")
        wait_until(page, STILL)
        faults = axe_faults(page, least="minor")
        found += [f"{address} {width} {scheme} {fault}" for fault in faults]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} {width}: the page scrolls sideways")
    return found


def looks_of(route: str, day: int) -> Sequence[Look]:
    """Return how `make test` looks at a page on this day: in one way, or not."""
    turn = (zlib.crc32(route.encode()) + day) % 4
    return TWO_LOOKS[turn // 2 : turn // 2 + 1] if turn % 2 else []


def test_four_days_see_every_page_both_ways():
    for route in ("/", "/datasets/", "/jobs/<uuid:pk>/"):
        seen = Counter(look for day in range(4) for look in looks_of(route, 739_000 + day))
        assert seen == dict.fromkeys(TWO_LOOKS, 1)


@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["one", "every"]
)
def test_axe_finds_no_fault_on_any_page(page, world, every):
    day = datetime.now(UTC).toordinal()
    print(f"pages of day {day}")
    page.goto("/accounts/login/")
    found = []
    for address in SIGNED_OUT:
        # Few, and what strangers see first: each of them, every day.
        looks = looks_of(address, day) or looks_of(address, day + 1)
        found += faults_of(page, address, EVERY_LOOK if every else looks)
    sign_in_as(page, world.people["owner"])
    routes = world.routes | {address: address for address in SIGNED_IN}
    assert len(routes) > 30
    for address, route in routes.items():
        if looks := EVERY_LOOK if every else looks_of(route, day):
            found += faults_of(page, address, looks)
    assert found == []
