"""The kit, served by a process of its own, in a real browser.

render_kit.py needs other settings than Loupe's. The policy there forbids inline styles too, which
Loupe's own tolerates.
"""

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.frontend.browsing import WIDE

HERE = Path(__file__).parent
FRONTEND = HERE.parents[1] / "platform" / "frontend"
# The browser and htmx log an error status that a test asked for.
ANSWERED_WITH_AN_ERROR = re.compile("the server responded with|Response Status Error Code")


@pytest.fixture(scope="session")
def kit_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the kit, served by a process of its own."""
    if not (FRONTEND / "dist" / "vendor").is_dir():
        pytest.fail("platform/frontend/dist is missing: run `npm ci` in platform/frontend")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("kit") / "kit.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, HERE / "render_kit.py", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/", process, log)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the kit does not answer:\n{log.read_text()}")


@pytest.fixture
def open_kit(browser: Browser, kit_url: str) -> Iterator[Callable[..., Page]]:
    """Open an address of the kit in a new context; errors and refusals fail the test at its end."""
    contexts, faults = [], []

    def open_page(path: str = "/", size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            base_url=kit_url, viewport={"width": size[0], "height": size[1]}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                if message.type == "error" and not ANSWERED_WITH_AN_ERROR.search(message.text)
                else None
            ),
        )
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.goto(path)
        if options.get("java_script_enabled", True) and not path.startswith("/errors/500"):
            page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
