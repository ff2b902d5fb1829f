"""How often a password may be guessed, without letting guesses keep the owner out.

A stranger's guesses shut an account for the stranger's address; for a browser that the account has
signed in with before, only that browser's own count. ACCOUNT_RATE_LIMITS has the numbers.
"""

from typing import Any

from allauth.account.internal.userkit import filter_users_by_email, filter_users_by_username
from allauth.core.internal import ratelimit
from django.http import HttpRequest

from accounts.devices import known_device
from accounts.models import User

APP = "allauth.account"


def budgets(request: HttpRequest, credentials: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the (action, key) pairs, each of which this guess uses up once."""
    account = _account(credentials)
    device = known_device(request, account)
    if device is not None:
        return [("login_failed_known", f"{account}:{device}")]
    here = ratelimit.get_ip(request)
    return [("login_failed", f"{account}:{here}"), ("login_failed_anywhere", account)]


def consume(
    request: HttpRequest, credentials: dict[str, Any]
) -> list[ratelimit.RateLimitUsage] | None:
    """Use up one guess; return what to give back after a right one, None when none is left."""
    used = []
    for action, key in budgets(request, credentials):
        usage = ratelimit.consume(request, app=APP, action=action, key=key)
        if usage is None:
            return None
        used.append(usage)
    return used


def forgive(request: HttpRequest, credentials: dict[str, Any]) -> None:
    """Forget the wrong guesses for an account whose owner has proved to be one (by a mail)."""
    for action, key in budgets(request, credentials):
        ratelimit.clear(request, app=APP, action=action, key=key)


def account_of(credentials: dict[str, Any]) -> User | None:
    """Return the account that a login names, by its name or by one of its mail addresses."""
    login = str(credentials.get("email") or credentials.get("username") or "")
    found = [*filter_users_by_email(login, prefer_verified=True, for_login=True)]
    found += filter_users_by_username(login)
    return found[0] if found else None


def _account(credentials: dict[str, Any]) -> str:
    """Return the id of the account that is guessed at, by any of its names, else the login."""
    account = account_of(credentials)
    login = str(credentials.get("email") or credentials.get("username") or "")
    return str(account.pk) if account else login.lower()
