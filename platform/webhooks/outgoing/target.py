"""What the address of a webhook may be, read once and strictly: what is odd is refused by name."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from common.errors import FieldError, Invalid
from webhooks.outgoing.addresses import Network, is_allowed, is_named, read_address

LONGEST = 500
FIRST_OPEN_PORT = 1024
_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What browsers and the C library read as a number, in some way: 2130706433, 0x7f.1, 017700000001.
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_LOCAL = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "home")


class Target(NamedTuple):
    """Where a delivery goes; `host` is a name or an address, `path` begins with a slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, networks: Sequence[Network]) -> Target:
    """Return where `url` leads; raises `Invalid` (`/url`) for what Loupe does not call.

    That is anything but https (http where `networks`, of the operator, has the address), a person's
    name or password in it, a port below 1024 other than the usual, an address written in an odd
    way, and what can only be meant inside a network. A name is looked up when something is sent.
    """
    if len(url) > LONGEST:
        raise _refused("max_length", f"It may have {LONGEST} characters; this one has {len(url)}.")
    if not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        raise _refused(
            "characters",
            "Write it with the letters of ASCII alone, without spaces and backslashes; a name with "
            "other letters as “xn--…”, others as “%C3%A9”.",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("shape", f"This is no address of the web: {error}.") from None
    scheme = parts.scheme
    if scheme not in _PORTS or (scheme == "http" and not networks):
        received = f"“{scheme}”" if scheme else "none"
        raise _refused("scheme", f"It must begin with https://; received {received} there.")
    if "@" in parts.netloc:
        raise _refused(
            "credentials",
            "Leave name and password out: Loupe signs what it sends, and the receiver checks that.",
        )
    if "#" in url:
        raise _refused("fragment", "Leave out what follows #: it is never sent.")
    host = _read_host(parts.netloc, parts.hostname or "", networks)
    port = _PORTS[scheme] if port is None else port
    if port != _PORTS[scheme] and port < FIRST_OPEN_PORT:
        raise _refused(
            "port",
            f"A port is {_PORTS[scheme]}, or from {FIRST_OPEN_PORT} to 65535; received {port}.",
        )
    path = parts.path or "/"
    return Target(scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def _read_host(netloc: str, host: str, networks: Sequence[Network]) -> str:
    if not host:
        raise _refused("host", "There is no name of a host in it.")
    address = read_address(host)
    if netloc.startswith("[") != (address is not None and address.version == 6) or "%" in netloc:
        raise _refused("host", f"“{netloc}” is no name and no address of a host.")
    if address is not None:
        if not is_allowed(address, networks):
            raise _refused("address", not_public(host))
        return host
    if host.endswith("."):
        raise _refused("host", "Leave out the dot at the end of the name.")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise _refused("address", f"“{host}” is an odd way to write an address: write it as usual.")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("host", f"“{host[:80]}” is no name of a host.")
    local = len(labels) == 1 or any(host == name or host.endswith(f".{name}") for name in _LOCAL)
    if local and not networks:
        raise _refused(
            "address",
            f"“{host}” is a name inside a network. Loupe calls only what is on the internet, "
            "unless its operator names networks (LOUPE_WEBHOOK_NETWORKS).",
        )
    return host


def not_public(address: str) -> str:
    """Return why an address is not called."""
    return (
        f"{address} is not an address on the internet. Loupe calls no others, unless its operator "
        "names their network (LOUPE_WEBHOOK_NETWORKS)."
    )


def may_call(address: str, scheme: str, networks: Sequence[Network]) -> bool:
    """Whether a looked-up address may be called: by http, only in a network that is named."""
    read = read_address(address)
    if read is None:
        return False
    return is_named(read, networks) if scheme == "http" else is_allowed(read, networks)


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("/url", code, detail)])
