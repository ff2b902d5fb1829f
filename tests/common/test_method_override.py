import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.method_override import MethodOverrideMiddleware

UPLOAD = "/api/v1/uploads/00000000-0000-4000-8000-000000000000/"


def method_of(path: str, method: str, override: str) -> str:
    """Return the method that the application behind the middleware sees."""
    seen: list[str] = []

    async def application(scope, receive, send) -> None:
        seen.append(scope["method"])

    scope = {
        "type": "http", "method": method, "path": path,
        "headers": [(b"x-http-method-override", override.encode())],
    }  # fmt: skip
    call = MethodOverrideMiddleware(application)
    # A thread of its own: Playwright, in other tests, keeps an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(call(scope, None, None))).result()
    return seen[0]


@pytest.mark.parametrize(
    ("path", "method", "override", "seen"),
    [
        (UPLOAD, "POST", "PATCH", "PATCH"),
        (UPLOAD, "POST", "delete", "DELETE"),
        (UPLOAD, "POST", "GET", "POST"),
        (UPLOAD, "GET", "DELETE", "GET"),
        ("/api/v1/uploads/", "POST", "PATCH", "POST"),
        ("/api/v1/datasets/x/", "POST", "DELETE", "POST"),
    ],
)
def test_a_post_to_an_upload_gets_the_method_it_names(path, method, override, seen):
    assert method_of(path, method, override) == seen
