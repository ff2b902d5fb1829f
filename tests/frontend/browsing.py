"""What browser tests share."""

import json
import time
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "platform/frontend/node_modules/axe-core/axe.min.js"
WIDE, NARROW = (1400, 900), (390, 844)


def wait_until(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait for a JavaScript expression; Playwright's way needs `eval`, which the policy refuses."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < deadline, f"never came true: {expression}"
        page.wait_for_timeout(50)


# What axe leaves out by default, and people who steer by voice depend on; no lists of what passed.
CHECKS = '{rules: {"label-content-name-mismatch": {enabled: true}}, resultTypes: ["violations"]}'
WEIGHTS = ("minor", "moderate", "serious", "critical")


def axe_faults(page: Page, least: str = "serious") -> list[str]:
    """Faults of at least this weight, by the debugger: the policy lets no foreign script in."""
    session = page.context.new_cdp_session(page)
    script = (
        f"{AXE.read_text()}; axe.run({CHECKS}).then((result) => JSON.stringify(result.violations))"
    )
    answer = session.send(
        "Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}
    )
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']}"
        for fault in json.loads(answer["result"]["value"])
        if fault["impact"] in WEIGHTS[WEIGHTS.index(least) :]
    ]


def sign_in_as(page, person) -> None:
    """Put a session of the person, who has no password, into the browser."""
    client = Client()
    client.force_login(person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    origin = page.evaluate("location.origin")
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}]
    )


def drop(page, files: dict[str, bytes]) -> None:
    """Drop files on the page, as from a file manager."""
    page.wait_for_selector("html[data-ready]")
    page.evaluate(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, bytes] of Object.entries(files)) {
                transfer.items.add(new File([new Uint8Array(bytes)], name));
            }
            const target = document.querySelector("drop-zone");
            for (const kind of ["dragenter", "dragover", "drop"]) {
                const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
                target.dispatchEvent(new DragEvent(kind, options));
            }
        }""",
        {name: list(content) for name, content in files.items()},
    )
