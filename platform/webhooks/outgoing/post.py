"""One POST to an address that a person has typed: nothing that it leads to is trusted.

The name is looked up once, every address behind it is checked, and the connection goes to one that
was, so that a name which answers differently the second time (DNS rebinding) gains nothing. TLS
verifies the name. Redirects are not followed, proxies of the environment are not asked, and time,
headers and bytes are bounded as a whole. `http.client` writes and reads the messages.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import NamedTuple

from webhooks.limits import (
    ANSWER_CHARACTERS,
    ANSWER_MAX_BYTES,
    ANSWER_TEXT_SECONDS,
    CONNECT_SECONDS,
    TRY_SECONDS,
)
from webhooks.outgoing.addresses import Network
from webhooks.outgoing.look_up import Resolver, look_up, system_resolver
from webhooks.outgoing.target import Target, may_call, not_public
from webhooks.outgoing.wire import Deadline, TooMuch, Wire

# Of the addresses behind one name.
_MOST_TRIED = 4


class Tried(NamedTuple):
    """What came of it: `code` and `detail` are empty where the receiver has accepted it.

    `status_code` is None where no answer came; `answer` is the beginning of its text.
    """

    status_code: int | None
    latency_ms: int
    code: str = ""
    detail: str = ""
    answer: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken it."""
        return not self.code

    @property
    def unreachable(self) -> bool:
        """Whether no one has answered at all."""
        return self.status_code is None


class _NotSent(Exception):
    """Why nothing was sent, or no answer came."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def post(
    target: Target,
    *,
    body: bytes,
    headers: Mapping[str, str],
    networks: Sequence[Network] = (),
    resolve: Resolver = system_resolver,
    seconds: float = TRY_SECONDS,
) -> Tried:
    """Send `body` and return what came of it within `seconds`; it raises nothing."""
    begun = time.monotonic()
    deadline = Deadline(seconds)
    try:
        addresses = _addresses_of(target, networks, resolve, deadline)
        with closing(_connect(target, addresses, deadline)) as sock:
            status, text = _ask(
                Wire(sock, deadline, ANSWER_MAX_BYTES), target, body, headers, deadline
            )
    except _NotSent as error:
        return Tried(None, _since(begun), error.code, error.detail)
    except TimeoutError:
        detail = f"There was no answer within {seconds:g} seconds."
        return Tried(None, _since(begun), "timed_out", detail)
    except TooMuch:
        detail = f"The head of the answer is larger than {ANSWER_MAX_BYTES >> 10} KiB."
        return Tried(None, _since(begun), "answer_too_large", detail)
    except (http.client.HTTPException, OSError, ValueError) as error:
        detail = f"The connection broke before an answer came: {_said(error)}."
        return Tried(None, _since(begun), "connection_broke", detail)
    return Tried(status, _since(begun), *_judged(status), text)


def _addresses_of(
    target: Target, networks: Sequence[Network], resolve: Resolver, deadline: Deadline
) -> list[str]:
    """Return the addresses behind the name, all of them checked."""
    try:
        addresses = look_up(resolve, target.host, target.port, deadline.left())
    except TimeoutError:
        raise _NotSent("timed_out", f"Looking up {target.host} took too long.") from None
    except OSError as error:
        raise _NotSent("unknown_host", f"{target.host} has no address: {_said(error)}.") from None
    if not addresses:
        raise _NotSent("unknown_host", f"{target.host} has no address.")
    for address in addresses:
        if not may_call(address, target.scheme, networks):
            # Which address it is stays here: a member could map the inside of a network by names.
            detail = not_public(f"What is behind {target.host}")
            raise _NotSent("address_refused", detail)
    return addresses[:_MOST_TRIED]


def _connect(target: Target, addresses: Sequence[str], deadline: Deadline) -> socket.socket:
    """Return a connection to the first of the addresses that takes one, by TLS for https."""
    failure: OSError = TimeoutError()
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(deadline.left(CONNECT_SECONDS))
            sock.connect((address, target.port))
            return _secured(sock, target, deadline) if target.scheme == "https" else sock
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    if isinstance(failure, TimeoutError):
        raise _NotSent("timed_out", f"{target.host} did not take the connection in time.")
    raise _NotSent("not_connected", f"{target.host} took no connection: {_said(failure)}.")


def _secured(sock: socket.socket, target: Target, deadline: Deadline) -> ssl.SSLSocket:
    sock.settimeout(deadline.left())
    try:
        return _trust().wrap_socket(sock, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        raise _NotSent(
            "certificate", f"The certificate of {target.host} is not valid: {error.verify_message}."
        ) from None
    except ssl.SSLError as error:
        raise _NotSent(
            "tls", f"{target.host} does not speak TLS 1.2 or 1.3: {_said(error)}."
        ) from None


@cache
def _trust() -> ssl.SSLContext:
    """Return whom this machine trusts (SSL_CERT_FILE names another file of authorities)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _ask(
    wire: Wire, target: Target, body: bytes, headers: Mapping[str, str], deadline: Deadline
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = wire
    connection.request(
        "POST",
        target.path,
        body=body,
        headers={
            "Host": target.authority,
            "Content-Type": "application/json",
            "User-Agent": "Loupe-Webhooks/1",
            "Connection": "close",
            **headers,
        },
    )
    response = connection.getresponse()
    # It is accepted or not by now.
    deadline.shorten(ANSWER_TEXT_SECONDS)
    return response.status, _text(response)


def _text(response: http.client.HTTPResponse) -> str:
    """Return the beginning of what the receiver says, as text that can be shown and kept."""
    said = b""
    try:
        while len(said) < ANSWER_CHARACTERS and (part := response.read1(ANSWER_CHARACTERS)):
            said += part
    except (http.client.HTTPException, OSError, TooMuch, ValueError):
        pass
    text = said[:ANSWER_CHARACTERS].decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()


def _judged(status: int) -> tuple[str, str]:
    if 200 <= status < 300:
        return "", ""
    if 300 <= status < 400:
        return (
            "redirected",
            f"It answered {status}, a redirect: Loupe follows none. Change the URL.",
        )
    if status == 410:
        return "gone", "It answered 410: it wants nothing more."
    return "refused", f"It answered {status}; 200 to 299 says that it has accepted."


def _said(error: Exception) -> str:
    """Return what an error says, without numbers of the system and without a dot at its end."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).partition("] ")[2].rstrip(".") or str(words).rstrip(".")


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
