"""Browsers that an account has signed in with before.

Guesses from elsewhere must not keep the owner out, so a browser that knew the password once has a
budget of its own (OWASP: Slow Down Online Guessing Attacks with Device Cookies).
"""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

COOKIE = "loupe_device"
MAX_AGE_SECONDS = 365 * 24 * 3600
MAX_ACCOUNTS = 4
"""How many accounts one browser is remembered for; the oldest is forgotten."""


def known_device(request: HttpRequest, account: str) -> str | None:
    """Return the name of the browser if `account` (a user's id) has signed in with it before."""
    device = _read(request)
    return device["name"] if account in device["accounts"] else None


def device_name(request: HttpRequest) -> str | None:
    """Return the name of the browser if any account has signed in with it before."""
    device = _read(request)
    return device["name"] if device["accounts"] else None


def remember_device(request: HttpRequest, response: HttpResponseBase, account: str) -> str:
    """Give the browser a signed cookie that says that `account` has signed in; return its name."""
    device = _read(request)
    others = [other for other in device["accounts"] if other != account]
    device["accounts"] = [*others, account][-MAX_ACCOUNTS:]
    response.set_cookie(
        COOKIE,
        signing.dumps(device, salt=COOKIE),
        max_age=MAX_AGE_SECONDS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return device["name"]


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        return signing.loads(request.COOKIES[COOKIE], salt=COOKIE, max_age=MAX_AGE_SECONDS)
    except (KeyError, signing.BadSignature):
        return {"name": secrets.token_hex(8), "accounts": []}
