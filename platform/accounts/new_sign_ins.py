"""Tell people of sign-ins from a browser that they have not signed in with before.

By mail where there is a mail server; in every open session, and at the next sign-in from a browser
that they know, in any case.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import KnownBrowser, User
from accounts.selectors.sessions import browser_name
from accounts.services.sign_ins import note_sign_in

NOTICES_SESSION_KEY = "new_sign_ins"


def tell_of_sign_in(request: HttpRequest, user: User, device: str) -> None:
    """Remember the browser named `device`, and tell the person when it is a new one."""
    sign_in = note_sign_in(
        user=user,
        device=device,
        address=get_adapter().get_client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
    if sign_in.missed:
        request.session[NOTICES_SESSION_KEY] = [_notice(browser) for browser in sign_in.missed]
    if sign_in.is_new:
        _tell_open_sessions(user, _notice(sign_in.browser), request.session.session_key)
        context = _notice(sign_in.browser) | {
            "user": user,
            "sessions_url": f"{settings.PUBLIC_URL}{reverse('accounts:sessions')}",
        }
        get_adapter().send_notification_mail("account/email/new_sign_in", user, context)


def _tell_open_sessions(user: User, notice: dict[str, Any], but: str | None) -> None:
    for row in UserSession.objects.filter(user=user).exclude(session_key=but):
        store = row._session_store(row.session_key)
        store[NOTICES_SESSION_KEY] = [*store.get(NOTICES_SESSION_KEY, []), notice]
        # A session that has just ended needs no notice; saving would bring it back.
        if store.session_key and row.exists():
            try:
                store.save()
            except UpdateError:
                continue


def _notice(browser: KnownBrowser) -> dict[str, Any]:
    return {
        "browser": browser_name(browser.user_agent),
        "address": browser.address,
        "at": browser.created_at.isoformat(),
    }
