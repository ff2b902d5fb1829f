"""axe on the pages there are: those of the permission matrix, and those of accounts and errors.

`make test` looks at every other page, at one wide and light, at the next narrow and dark;
`make test-all` at each both ways, wide and dark and narrow and light too.
"""

import itertools
from collections.abc import Iterable, Sequence

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
ONE_LOOK: list[Sequence[Look]] = [[(WIDE, "light")], [(NARROW, "dark")]]
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
    world.addresses = [row.url(world) for row in pages if row.statuses["owner"] == 200]
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


@pytest.mark.parametrize(
    "looks", [ONE_LOOK, pytest.param([EVERY_LOOK], marks=pytest.mark.slow)], ids=["one", "every"]
)
def test_axe_finds_no_fault_on_any_page(page, world, looks):
    page.goto("/accounts/login/")
    of_page = itertools.cycle(looks)
    found = [fault for address in SIGNED_OUT for fault in faults_of(page, address, next(of_page))]
    sign_in_as(page, world.people["owner"])
    addresses = dict.fromkeys([*world.addresses, *SIGNED_IN])
    assert len(addresses) > 30
    step = 2 if looks is ONE_LOOK else 1
    for address in list(addresses)[::step]:
        found += faults_of(page, address, next(of_page))
    assert found == []
