"""Where an attack goes: a platform on this machine, and on no other."""

import ipaddress
import socket
import threading
from collections import Counter
from urllib.parse import urlsplit

import requests

SECONDS = 120
# What says that Loupe is busy or full is an answer; anything else from 500 on is a fault of ours.
SPOKEN = {503, 507}


class NotLoopback(Exception):
    """The address is not of this machine; an attack on it is refused."""


class Target:
    """Sends requests to the platform at `url` and keeps count of the answers.

    Raises:
        NotLoopback: the host is anything but this machine's loopback.
    """

    def __init__(self, url: str) -> None:
        require_loopback(url)
        self.url = url.rstrip("/")
        self.statuses: Counter[int] = Counter()
        self.broken: list[str] = []
        self._lock = threading.Lock()
        self._sessions = threading.local()

    def send(self, method: str, path: str, **options) -> requests.Response:
        """Return the answer, whatever it is; redirects are not followed.

        `options` are those of `requests`. Cookies are sent by hand, so that nothing is kept.
        """
        options = {"timeout": SECONDS, "allow_redirects": False, **options}
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
            session.trust_env = False
        session.cookies.clear()
        answer = session.request(method, self.url + path, **options)
        self.note(answer.status_code, f"{method} {path[:200]}")
        return answer

    def note(self, status: int, what: str) -> None:
        """Count an answer, also one that came another way than by `send`."""
        with self._lock:
            self.statuses[status] += 1
            if status >= 500 and status not in SPOKEN:
                self.broken.append(f"{what}: {status}")

    def raw(self, content: bytes, *, seconds: float = 10) -> bytes:
        """Return what the server says to these bytes until it closes or `seconds` are over."""
        with self.connected(seconds) as connection:
            said = b""
            try:
                connection.sendall(content)
                while part := connection.recv(65536):
                    said += part
            except (TimeoutError, ConnectionError):
                pass
        if said.startswith(b"HTTP/1.1 "):
            self.note(int(said[9:12]), content.split(b"\r\n")[0].decode(errors="replace"))
        return said

    def connected(self, seconds: float) -> socket.socket:
        """Return a fresh connection whose reads take so long at most."""
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname, address.port), timeout=seconds)


def require_loopback(url: str) -> None:
    """Raise `NotLoopback` unless every address of the URL's host is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise NotLoopback(f"{host!r} cannot be looked up.") from error
    if not found or not all(ipaddress.ip_address(one).is_loopback for one in found):
        raise NotLoopback(
            f"{host!r} is not this machine's loopback. An attack goes to a platform of its own, "
            "on 127.0.0.1, ::1 or localhost."
        )
