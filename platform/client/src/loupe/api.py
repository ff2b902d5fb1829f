"""The calls themselves: HTTP, the token, patience. What this package has no method for goes here:

client.api.get("organizations/lab/usage/")
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from loupe.downloads import opened, signed_file, write
from loupe.errors import (
    CannotConnect,
    LoupeError,
    Refused,
    UnexpectedAnswer,
    refusal,
)

VERSION = "0.1.0"
PATIENCE_SECONDS = 120.0
"""How long a call is tried again, by default."""

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 20.0
# What may be sent again where the answer was lost: it changes nothing, or the same.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT"})
# The request did not reach the server: whatever it was, it may be sent again.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BUSY = frozenset({429, 503})
_LOST = frozenset({502, 504})
_CONNECTIONS = 16


class Api:
    """Calls below `/api/v1/` of one server, by one token.

    An answer 429 or 503 is waited for as long as its Retry-After says; an answer that was lost is
    asked for again where that does no harm (reads, and calls with an Idempotency-Key). Both end
    after `patience` seconds. The token goes to this server alone, and into no text. Safe to use
    from several threads.
    """

    def __init__(
        self, url: str, token: str | None = None, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self.url = _checked(url)
        self.patience = patience
        headers = {"Accept": "application/json", "User-Agent": f"loupe-python/{VERSION}"}
        if token:
            headers["Authorization"] = f"Bearer {_checked_token(token)}"
        try:
            self._http = httpx.Client(
                base_url=f"{self.url}/api/v1/",
                headers=headers,
                timeout=httpx.Timeout(120, connect=15, pool=None),
                limits=httpx.Limits(max_connections=_CONNECTIONS),
            )
        except httpx.InvalidURL as error:
            raise LoupeError(f"The address of Loupe is no address: {error}") from error

    def __repr__(self) -> str:
        return f"Api({self.url!r})"

    def __enter__(self) -> Api:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a GET; parameters that are None are left out."""
        return _json(self.call("GET", path, params=_given(params)))

    def post(
        self, path: str, json: Any = None, *, starts_work: bool = False, **options: Any
    ) -> Any:
        """Return the JSON of a POST, None where there is none.

        With `starts_work` it carries an Idempotency-Key: sent again, it is done once.
        """
        headers = dict(options.pop("headers", {}))
        if starts_work:
            headers["Idempotency-Key"] = str(uuid.uuid4())
            options["may_repeat"] = True
        if json is not None:
            options["json"] = json
        answer = self.call("POST", path, headers=headers, **options)
        return _json(answer) if answer.content else None

    def put(self, path: str, json: Any) -> Any:
        """Return the JSON of a PUT."""
        return _json(self.call("PUT", path, json=json))

    def patch(self, path: str, json: Any) -> Any:
        """Return the JSON of a PATCH."""
        return _json(self.call("PATCH", path, json=json))

    def delete(self, path: str) -> None:
        """Delete something."""
        self.call("DELETE", path)

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page after page, as they are asked for."""
        page = self.get(path, **params)
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            # Behind a proxy a server may name itself otherwise: its address stays the one we know.
            page = _json(self.call("GET", f"{path}?{urlsplit(page['next']).query}"))

    def download(self, path: str, target: str | Path, **params: Any) -> Path:
        """Write a file of the server to `target` and return its path.

        `target` may be a folder: the server's name is taken then, and a file that has it already
        is left alone. The file appears when it is whole; one that the server leads to, in a bucket,
        is compared with its hash. Raises `UnexpectedAnswer` where the connection was cut,
        `UnusableInput`.
        """
        try:
            with self.stream(path, params=_given(params)) as answer:
                return write(answer, path, target)
        except UnexpectedAnswer as error:
            if error.signed is None:
                raise
            file = error.signed
        with opened(file, self._http.timeout) as answer:
            return write(answer, path, target, file.sha256)

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file of the server, such as an image."""
        return self.call("GET", path, headers={"Accept": "*/*"}).content

    @contextmanager
    def stream(
        self, path: str, *, accept: str = "*/*", patience: float | None = None, **options: Any
    ) -> Iterator[httpx.Response]:
        """Open a GET whose body is read as it comes; `patience` in place of the usual."""
        headers = {"Accept": accept, **options.pop("headers", {})}
        timeout = options.pop("timeout", httpx.USE_CLIENT_DEFAULT)
        request = self._http.build_request(
            "GET", self._place(path), headers=headers, timeout=timeout, **options
        )
        answer = self._patiently(request, may_repeat=True, streamed=True, patience=patience)
        try:
            yield answer
        finally:
            answer.close()

    def call(
        self, method: str, path: str, *, may_repeat: bool = False, **options: Any
    ) -> httpx.Response:
        """Return the answer of any call; raises `Refused` or another `LoupeError`.

        `may_repeat` says that it does no harm to send it again where its answer was lost.
        """
        request = self._http.build_request(method, self._place(path), **options)
        return self._patiently(request, may_repeat=may_repeat or method in _SAFE)

    def send_once(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As `call`, without trying again: network faults are `httpx.TransportError`."""
        request = self._http.build_request(method, self._place(path), **options)
        return _good(self._http.send(request))

    def _place(self, path: str) -> str:
        """Return a path below the API, or one that the API named, on this server and no other."""
        named = urlsplit(path)
        if named.scheme or path.startswith("/"):
            query = f"?{named.query}" if named.query else ""
            return f"{self.url}{named.path}{query}"
        return path

    def _patiently(
        self,
        request: httpx.Request,
        *,
        may_repeat: bool,
        streamed: bool = False,
        patience: float | None = None,
    ) -> httpx.Response:
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        pause = _FIRST_PAUSE_SECONDS
        while True:
            wait = pause * random.uniform(0.7, 1.3)  # noqa: S311 (clients shall not come in step)
            try:
                answer = self._http.send(request, stream=streamed)
                if answer.is_success:
                    return answer
                answer.read()
                fault: LoupeError = _refusal(answer)
                again = answer.status_code in _BUSY or (answer.status_code in _LOST and may_repeat)
                wait = getattr(fault, "retry_after", None) or wait
            except httpx.TransportError as error:
                fault = CannotConnect(_unreachable(self.url, error))
                again = may_repeat or isinstance(error, _UNSENT)
            except httpx.HTTPError as error:
                raise UnexpectedAnswer(f"{self.url}: {error}") from error
            if not again or time.monotonic() + wait > deadline:
                raise fault
            time.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise UnexpectedAnswer(
            f"{answer.request.url} does not answer as Loupe does. Is the address right?"
        ) from error


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise _refusal(answer)


def _refusal(answer: httpx.Response) -> LoupeError:
    if answer.is_redirect:
        return UnexpectedAnswer(
            f"{answer.request.url} leads on to {answer.headers.get('Location', '?')}. Use the "
            "address of Loupe itself: a token does not follow.",
            signed_file(answer),
        )
    problem: Any = None
    if answer.headers.get("Content-Type", "").partition(";")[0].endswith("json"):
        try:
            problem = answer.json()
        except ValueError:
            problem = None
    if not isinstance(problem, Mapping):
        # A proxy's, or no Loupe at all.
        detail = f"{answer.request.url.host} answered {answer.status_code} {answer.reason_phrase}."
        problem = {"detail": detail}
    error: Refused = refusal(answer.status_code, problem, _retry_after(answer))
    return error


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _unreachable(url: str, error: httpx.TransportError) -> str:
    reason = str(error) or type(error).__name__
    return f"{url} does not answer: {reason}"


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _checked(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LoupeError(
            f"The address of Loupe is like https://loupe.example.org; received {url!r}."
        )
    if parts.username or parts.password:
        raise LoupeError("The address of Loupe holds no password: a token signs you in.")
    return f"{parts.scheme}://{parts.netloc}"


def _checked_token(token: str) -> str:
    token = token.strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise LoupeError("A token has letters, digits and no spaces; this one has others.")
    return token
