"""What the tests of the client share: a home of their own, and a server that answers as told."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest

from loupe import Api

TOKEN = "loupe_" + "s3cret" * 8


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path) -> None:
    """The client keeps its files below the test's own folder, and knows no server."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LOUPE_URL", raising=False)
    monkeypatch.delenv("LOUPE_TOKEN", raising=False)


class Asked(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Told(NamedTuple):
    """An answer; a `status` of 0 cuts the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}


class Server:
    """Answers by `answer(request)`; for the client any server is outside of its walls."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Told] = lambda asked: Told()
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, dict(self.headers), body)
                script.asked.append(asked)
                told = script.answer(asked)
                if not told.status:
                    self.close_connection = True
                    return
                content = told.body
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                headers = {"Content-Type": "application/json", **told.headers}
                self.send_response(told.status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_one  # noqa: N815

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def in_turn(self, *told: Told) -> None:
        """Give these answers one after the other, the last one for ever."""
        left = list(told)
        self.answer = lambda asked: left.pop(0) if len(left) > 1 else left[0]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers as told."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def quick(monkeypatch) -> list[float]:
    """The seconds that the client would have waited; its waits last no time."""
    waits: list[float] = []
    monkeypatch.setattr("loupe.api.time.sleep", waits.append)
    return waits


@pytest.fixture
def client_api(server) -> Iterator[Api]:
    """The calls, on that server."""
    api = Api(server.url, TOKEN)
    yield api
    api.close()


def problem(status: int, code: str, detail: str, **headers: str) -> Told:
    """A refusal as Loupe gives it."""
    body = {"title": "No", "status": status, "code": code, "detail": detail, "errors": []}
    told = {"Content-Type": "application/problem+json", **headers}
    return Told(status, body, {name.replace("_", "-"): value for name, value in told.items()})
