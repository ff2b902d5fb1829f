"""A small client of Loupe's public API, as anyone could write it: HTTP, JSON and a token."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

FINAL = ("succeeded", "failed", "cancelled")
POLL_SECONDS = 0.5


class DemoFailed(Exception):
    """The platform refused or failed a step; the message is what it said."""


class Client:
    """Calls the API of the platform at `url` with a bearer token."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._base = f"{url}/api/v1/"
        self._session = requests.Session()
        token = self.post(
            "auth/tokens/",
            json={"name": "make demo", "expires_in_days": 1},
            auth=(username, password),
        )["token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **options: Any) -> Any:
        """Return the JSON answer of a GET."""
        return self._call("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        """Return the JSON answer of a POST."""
        return self._call("POST", path, **options)

    def pages(self, path: str) -> Iterator[Any]:
        """Yield every result of a paginated list."""
        url: str | None = path
        while url:
            page = self.get(url)
            yield from page["results"]
            url = page["next"]

    def download(self, url: str) -> bytes:
        """Return the bytes of a file that the API named."""
        response = self._session.get(urljoin(self._base, url), timeout=60)
        response.raise_for_status()
        return response.content

    def upload(self, path: str, archive: Path) -> Any:
        """Post a zip archive and return the answer."""
        with archive.open("rb") as stream:
            return self.post(path, files={"archive": (archive.name, stream, "application/zip")})

    def wait(self, job: dict[str, Any], show: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Follow a job to its end, calling `show` with each state; return the finished job."""
        while job["status"] not in FINAL:
            show(job)
            time.sleep(POLL_SECONDS)
            job = self.get(f"jobs/{job['id']}/")
        show(job)
        if job["status"] != "succeeded":
            error = job["error"] or {"detail": job["status"], "hint": ""}
            raise DemoFailed(f"{job['kind']}: {error['detail']} {error['hint']}")
        return job

    def _call(self, method: str, path: str, **options: Any) -> Any:
        url = urljoin(self._base, path)
        response = self._session.request(method, url, timeout=60, **options)
        if not response.ok:
            try:
                detail = response.json()["detail"]
            except (ValueError, KeyError):
                detail = response.text[:200]
            raise DemoFailed(f"{method} {url} answered {response.status_code}: {detail}")
        return response.json() if response.content else None
