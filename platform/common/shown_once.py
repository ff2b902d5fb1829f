"""What a page shows once after a form was sent: a token, the link of an invitation.

The answer to the form sends the browser on to a page, so that a reload sends nothing again. Until
that page is asked for, the secret lies in a signed cookie of the browser alone: the server keeps
only its hash.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SECONDS = 120
_COOKIE = "loupe_once"


def hand_over(response: HttpResponse, *, request: HttpRequest, path: str, value: Any) -> None:
    """Give `value` (JSON) to the next page at `path` that the person opens within two minutes."""
    response.set_cookie(
        _COOKIE,
        signing.dumps(value, salt=_salt(request, path)),
        max_age=SECONDS,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def take(request: HttpRequest) -> Any:
    """Return what was handed over to this page, None for nothing, too late or to another person."""
    signed = request.COOKIES.get(_COOKIE, "")
    try:
        return signing.loads(signed, salt=_salt(request, request.path), max_age=SECONDS)
    except signing.BadSignature:
        return None


def forget(response: HttpResponse, *, request: HttpRequest) -> None:
    """Take it out of the browser: it has been shown."""
    if _COOKIE in request.COOKIES:
        response.delete_cookie(_COOKIE, path=request.path, samesite="Strict")


def _salt(request: HttpRequest, path: str) -> str:
    return f"common.shown_once:{request.user.pk}:{path}"
