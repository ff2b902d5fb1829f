"""Addresses of services, which carry passwords: read before any library reads them.

A slash, ? or # in a password ends the part with the host. A library takes what is left of it for
a host or a port, and says it in its error.
"""

import re
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
_PASSWORD_OPTION = re.compile(r"(^|&)password=[^&]*")


def require_address(name: str, address: str) -> None:
    """Raise `ImproperlyConfigured`, which says nothing of the address, for one of no such form."""
    try:
        _read(name, address)
    except (ValueError, UserWarning, ImproperlyConfigured):
        raise ImproperlyConfigured(
            f"{name} does not have the form {EXAMPLES[name]}. In a password, write % as %25, "
            "@ as %40, / as %2F, ? as %3F, # as %23, [ as %5B and ] as %5D."
        ) from None


def _read(name: str, address: str) -> None:
    parts = urlsplit(address)
    if "://" not in address:
        raise ValueError("no scheme")
    # Redis reads a password from there as well.
    options = _PASSWORD_OPTION.sub("", parts.query)
    if parts.netloc and "@" in parts.path + options + parts.fragment:
        raise ValueError("a password that ended before the host")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if name == "DATABASE_URL":
            # It may name several hosts.
            Env.db_url_config(address)
        elif name == "EMAIL_URL":
            Env.email_url_config(address)
        else:
            _ = parts.port
