"""What is looked at before anything is started, and what the operator should know."""

import socket
from collections.abc import Iterator

from embedded.errors import EmbeddedError
from embedded.options import Options

ONE_ROLE = (
    "DATABASE_URL names the one role of the database that both owns the tables and serves: who "
    "gets SQL past Loupe could empty the audit log. Set DATABASE_OWNER_URL to a second role that "
    "owns them."
)
NO_PROXY_IS_TRUSTED = (
    "LOUPE_PUBLIC_URL is https, so a proxy stands before Loupe, and FORWARDED_ALLOW_IPS does not "
    "say where: all people seem to come from it, and share one count of wrong passwords. Set it to "
    "the proxy's address (127.0.0.1 for one on this machine)."
)
IMAGES_ARE_KEPT = (
    "Images of predictions pass through REDIS_URL, which may keep them on disk. Set "
    "LOUPE_IMAGES_REDIS_URL to a Redis that keeps nothing (docs/operator-guide.md)."
)


def warnings_of(options: Options) -> Iterator[str]:
    """Yield a sentence for each thing that works and could be safer."""
    if options.database_url is not None and options.database_owner_url is None:
        yield ONE_ROLE
    if options.redis_url is not None and options.images_redis_url is None:
        yield IMAGES_ARE_KEPT
    if (options.public_url or "").startswith("https://") and not options.proxies:
        yield NO_PROXY_IS_TRUSTED


def require_secret_key(options: Options) -> None:
    """Raise EmbeddedError where other people's servers are used and SECRET_KEY is not given.

    Several machines then share one database, and each would make up a key of its own.
    """
    if (options.database_url or options.redis_url) and not options.secret_key:
        raise EmbeddedError(
            "SECRET_KEY must be set when DATABASE_URL or REDIS_URL is: a long random text, the "
            "same on every machine of the platform."
        )


def require_free_port(options: Options) -> None:
    """Raise EmbeddedError if the web server could not listen where it should."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise EmbeddedError(
            f"The address {options.host}:{options.port} cannot be used: {error.strerror or error}. "
            "Set LOUPE_PORT or LOUPE_HOST to another."
        ) from None
