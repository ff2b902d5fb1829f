"""Addresses of services, which carry passwords: read before any library reads them.

A slash in a password ends the part with the host. A library takes what is left of it for a port,
and says it in its error.
"""

import warnings
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

EXAMPLES = {
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "REDIS_URL": "redis://:password@host:6379/0",
    "LOUPE_IMAGES_REDIS_URL": "redis://:password@host:6379/0",
    "EMAIL_URL": "smtp+tls://user:password@host:587",
}


def require_address(name: str, address: str) -> None:
    """Raise `ImproperlyConfigured`, which says nothing of the address, for one of no such form."""
    try:
        _read(name, address)
    except (ValueError, UserWarning):
        raise ImproperlyConfigured(
            f"{name} has not the form {EXAMPLES[name]}. In a password, write % as %25, / as %2F, "
            "? as %3F and # as %23."
        ) from None


def _read(name: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.netloc and "@" not in parts.netloc and "@" in parts.path:
        raise ValueError("a password of digits and a slash")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if name == "DATABASE_URL":
            # It may name several hosts.
            Env.db_url_config(address)
        elif name == "EMAIL_URL":
            Env.email_url_config(address)
        else:
            _ = parts.port
